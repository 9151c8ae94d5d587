"""Faces that move and cross, whose truth is known -> how many tracks stay whole.

What the truth is: a face is hidden while less than half of it shows; once it was hidden for more
than 2 s, what comes back is a new track. A found face is that of the person whose head has its
centre within a quarter of the box's size, of two such persons that of the one in front. A true
track is whole if all its faces have one number that no other person has. A swap is a number that
goes from one person to another.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageEnhance
from skimage import data

from face_gender.faces import Box
from face_gender.photo import Photo
from face_gender.reader import PhotoReader
from face_gender.sightings import SeenFrame
from face_gender.tracking import centre
from face_gender.tracks import Track, Tracker
from face_gender.video import VideoFrame
from face_gender.video_reader import VideoReader
from tests.bench.video.made import faces, head_of, without_scores

CLIPS = range(40, 48)  # those before were for choosing
SECONDS, RATE, PEOPLE = 60, 4, 6
SIZE = (640, 360)
SHOWN, HIDDEN_SECONDS, NEAR = 0.5, 2.0, 0.25
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Truth:
    """Where each head of a frame is, (people, 2) in px, and the share of it that shows."""

    centres: np.ndarray
    shown: list[float]


def crossing(seed: int) -> Iterator[tuple[VideoFrame, Truth]]:
    """A clip of heads that swing, turn and change in light, and what is true of it."""
    chance = np.random.default_rng(seed)
    scene = Image.fromarray(data.coffee()).resize(SIZE)
    sizes = chance.integers(64, 96, PEOPLE)
    photos = [photo for photo, _ in faces(PEOPLE, skip=2000 + 50 * seed)]
    periods, phases = chance.uniform(8, 16, (PEOPLE, 2)), chance.uniform(0, 2 * np.pi, (PEOPLE, 2))
    turns, lights = chance.uniform(2, 6, PEOPLE), chance.uniform(3, 9, PEOPLE)
    for step in range(SECONDS * RATE):
        at = 2 * np.pi * step / RATE
        picture, owner = scene.copy(), np.full(SIZE[::-1], NOBODY)
        areas, centres = [], []
        for who, photo in enumerate(photos):
            turned = photo.rotate(10 * np.sin(at / turns[who]), Image.Resampling.BILINEAR)
            lit = ImageEnhance.Brightness(turned).enhance(1 + 0.25 * np.sin(at / lights[who]))
            head, mask = head_of(lit, int(sizes[who]))
            middle = np.array(SIZE) / 2 + np.sin(at / periods[who] + phases[who]) * (260, 110)
            left, top = (round(x) for x in middle - np.array(head.size) / 2)
            picture.paste(head, (left, top), mask)
            own = np.asarray(mask) > 128
            owner[top : top + head.height, left : left + head.width][own] = who
            areas.append(own.sum())
            centres.append(middle)
        grain = chance.normal(0, 3, (SIZE[1], SIZE[0], 1))
        pixels = (np.asarray(picture) + grain).clip(0, 255).astype(np.uint8)
        shown = [float((owner == who).sum() / areas[who]) for who in range(PEOPLE)]
        frame = VideoFrame(step, step / RATE, 1 / RATE, Photo(pixels, *SIZE))
        yield frame, Truth(np.array(centres), shown)


def person_at(centres: np.ndarray, box: Box) -> int:
    """A face's box and where every head is, the hindmost first -> whose it is, or NOBODY's."""
    size = max(box[2] - box[0], box[3] - box[1])
    away = np.hypot(*(np.array(centre(box)) - centres).T) / size
    return int(max(np.flatnonzero(away <= NEAR), default=NOBODY))


def true_tracks(truths: Sequence[Truth]) -> list[list[int]]:
    """A clip's truth -> for each person and frame the number of the true track, from 0."""
    tracks = []
    for who in range(PEOPLE):
        number, last, numbers = 0, 0, list[int]()
        for at, truth in enumerate(truths):
            if truth.shown[who] >= SHOWN:
                number += at - last > HIDDEN_SECONDS * RATE
                last = at
            numbers.append(number)
        tracks.append(numbers)
    return tracks


def count_whole(tracks: Sequence[Track], truths: Sequence[Truth]) -> tuple[int, int, int, int]:
    """Found tracks and the truth -> true tracks that are whole, of how many, breaks, swaps."""
    true = true_tracks(truths)
    given = defaultdict[tuple[int, int], set[int]](set)  # true track -> numbers
    people: dict[int, list[int]] = {}  # number -> whose faces it has, in order
    for track in tracks:
        people[track.number] = []
        for face in track.sightings:
            at = round(face.time * RATE)
            if (who := person_at(truths[at].centres, face.box)) != NOBODY:
                people[track.number].append(who)
                given[who, true[who][at]].add(track.number)
    whole = sum(
        len(numbers) == 1 and len({*people[next(iter(numbers))]}) == 1 for numbers in given.values()
    )
    breaks = sum(len(numbers) - 1 for numbers in given.values())
    swaps = sum(a != b for each in people.values() for a, b in pairwise(each))
    return whole, len(given), breaks, swaps


def tracking(reader: PhotoReader) -> Iterator[str]:
    """Clips of faces that cross -> how many keep their number, and how often two are swapped."""
    videos = VideoReader(without_scores(reader))
    counts = []
    for seed in CLIPS:
        tracker, truths = Tracker(), list[Truth]()
        for frame, look in videos.frames.read(_noted(crossing(seed), truths)):
            tracker.add(SeenFrame(frame.index, frame.time, frame.seconds, False, look.faces))
        counts.append(count_whole(tracker.tracks(), truths))
        whole, tracks, breaks, swaps = np.sum(counts, axis=0)
        yield (
            f"{len(counts)} clips of {SECONDS} s, {PEOPLE} crossing faces: {whole} of {tracks} "
            f"tracks whole ({whole / tracks:.0%}), {breaks} breaks, {swaps} swaps"
        )


def _noted(clip: Iterator[tuple[VideoFrame, Truth]], truths: list[Truth]) -> Iterator[VideoFrame]:
    for frame, truth in clip:
        truths.append(truth)
        yield frame
