"""Poor frames of each of many people -> how much more often a track is right than a frame."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from PIL import Image
from skimage import data

from face_gender.photo import Photo
from face_gender.reader import PhotoReader
from face_gender.sightings import Sighting, pool
from face_gender.video import VideoFrame
from face_gender.video_reader import VideoReader
from tests.bench.video.made import faces, head_of, worsen

PEOPLE, VIEWS = 600, 6
AT_ONCE = (3, 2)  # people in one frame, across and down
CELL = (200, 190)  # px of the frame for each
DRAWS = 2000


def pooling(reader: PhotoReader) -> Iterator[str]:
    """Held-out people -> the lines."""
    frames, tracks = [], []  # of each person: right, decided and right, decided
    for truth, seen in sightings(reader, PEOPLE):
        if seen:
            right = [_right(face.scores, truth, reader.threshold) for face in seen]
            frames.append(np.mean(right, axis=0))
            tracks.append(_right(pool(seen), truth, reader.threshold))
    one, many = np.array(frames, float), np.array(tracks, float)
    yield f"{len(one)} people, {VIEWS} frames each"
    for name, found in (("single frames", one), ("tracks", many)):
        right, decided_right, decided = found.mean(axis=0)
        yield (
            f"{name}: best guess right {100 * right:.1f} %; decided on {100 * decided:.1f} %, "
            f"of these right {100 * decided_right / decided:.1f} %"
        )
    draws = np.random.default_rng(0).integers(0, len(one), (DRAWS, len(one)))
    gains = (many - one)[draws, 0].mean(axis=1)
    low, high = np.quantile(gains, (0.025, 0.975))
    gain = (many - one)[:, 0].mean()
    yield f"gain {100 * gain:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"


def sightings(reader: PhotoReader, people: int) -> Iterator[tuple[int, list[Sighting]]]:
    """So many people -> each one's class and the faces found of them."""
    videos, some = VideoReader(reader), AT_ONCE[0] * AT_ONCE[1]
    left = faces(people)
    for first in range(0, people, some):
        photos = list(islice(left, some))
        found: list[list[Sighting]] = [[] for _ in photos]
        frames = made_frames([photo for photo, _ in photos], np.random.default_rng(first))
        for _, look in videos.frames.read(frames):
            for who, face in first_in_cells(look.faces).items():
                found[who].append(face)
        for (_, label), seen in zip(photos, found, strict=True):
            yield reader.labels.index(label), seen


def made_frames(photos: list[Image.Image], chance: np.random.Generator) -> Iterator[VideoFrame]:
    """People -> frames that show each somewhere in a cell of their own, small and poor."""
    size = AT_ONCE[0] * CELL[0], AT_ONCE[1] * CELL[1]
    scene = Image.fromarray(data.coffee()).resize(size)
    for index in range(VIEWS):
        picture = scene.copy()
        for who, photo in enumerate(photos):
            side = int(chance.integers(28, 110))
            head, mask = head_of(worsen(photo, chance), side)
            left = CELL[0] * (who % AT_ONCE[0]) + int(chance.integers(0, CELL[0] - side))
            top = CELL[1] * (who // AT_ONCE[0]) + int(chance.integers(0, CELL[1] - int(1.1 * side)))
            picture.paste(head, (left, top), mask)
        yield VideoFrame(index, 10.0 * index, 1.0, Photo(np.asarray(picture), *size))


def first_in_cells(faces: tuple[Sighting, ...]) -> dict[int, Sighting]:
    """A frame's faces, largest first -> the largest of each cell, by the person's number."""
    found: dict[int, Sighting] = {}
    for face in faces:
        left, top, right, bottom = face.box
        column, row = (left + right) / 2 // CELL[0], (top + bottom) / 2 // CELL[1]
        found.setdefault(int(column + AT_ONCE[0] * row), face)
    return found


def _right(scores: tuple[float, ...], truth: int, threshold: float) -> tuple[float, float, float]:
    right, decided = int(np.argmax(scores)) == truth, max(scores) >= threshold
    return float(right), float(right and decided), float(decided)
