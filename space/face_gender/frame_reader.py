"""A video's frames -> what each of them shows: its faces, and what tells a cut."""

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from PIL import Image

from .crops import crop_face, square_of
from .faces import Box, Face
from .looks import look_of, unlikeness
from .reader import PhotoReader
from .shots import View, is_cut, view_of
from .sightings import Sighting, sharpness_of
from .tracking import overlap
from .video import VideoFrame

THUMBNAIL, QUALITY = 64, 75  # px, and of the JPEG
EVERY = 4  # frames of which one is searched whole
STEPS = (EVERY, 2, 1)  # to the frames near whose faces the others are searched, these first
SCORED = 2  # frames of which one has its own scores, whatever the other shows
NEAR_SECONDS = 0.3  # a step, at most, for that
REACH = 2.0  # face sizes that a face moves between these, at most
SAME = 0.7  # intersection over union of two boxes, from which the second is not looked at
STILL = 0.05  # difference of two looks, 1 - cosine, up to which a face is the same picture
BETTER = 1.2  # times the size and sharpness, from which it is scored again all the same
AHEAD = 1  # groups of frames a thread may have looked at before the first is taken


@dataclass(frozen=True, eq=False)
class Look:
    """What one frame shows, before it is known what the frame before it showed.

    index, time: the frame's
    """

    index: int
    time: float
    view: View
    faces: tuple[Sighting, ...]


Looks = Future[list[Look]]  # to come, of a few frames


class FrameReader:
    """Looks at frames; safe to share between threads."""

    def __init__(self, reader: PhotoReader, smallest_share: float) -> None:
        """reader: whose detector and model look; smallest_share: of a face, of the longer side."""
        self._finder, self._scorer, self._share = reader.finder, reader.scorer, smallest_share

    def read(self, frames: Iterable[VideoFrame]) -> Iterator[tuple[VideoFrame, Look]]:
        """Frames -> each with what it shows, in order; every thread of the finder has its own."""
        waiting: deque[tuple[Sequence[VideoFrame], Looks]] = deque()
        threads = self._finder.threads
        with ThreadPoolExecutor(threads) as pool:
            for each in self._submit(pool, frames):
                waiting.append(each)
                if len(waiting) > AHEAD * threads:
                    yield from _taken(*waiting.popleft())
            while waiting:
                yield from _taken(*waiting.popleft())

    def _submit(
        self, pool: ThreadPoolExecutor, frames: Iterable[VideoFrame]
    ) -> Iterator[tuple[Sequence[VideoFrame], Looks]]:
        """Frames -> a few at a time, in order, with their looks to come.

        Which of them are searched whole depends on indices, times and views, so that a job that
        goes on after a kill sees the same.
        """
        before: Looks | None = None
        for _, few in groupby(frames, lambda frame: (frame.index - 1) // EVERY):
            *between, last = few
            whole = pool.submit(self._look_at, [last])
            if between:
                yield between, pool.submit(self._look_at, between, before, whole)
            yield [last], whole
            before = whole

    def _look_at(self, frames: Sequence[VideoFrame], *around: Looks | None) -> list[Look]:
        """Frames, and those before and after them that were looked at -> what they show.

        The middle one comes first, then those between it and the others.
        """
        known = {look.index: look for each in around if each for look in each.result()}
        for step in STEPS:
            for frame in frames:
                at = frame.index
                if at % step == 0 and at not in known:
                    known[at] = self._look(frame, known.get(at - step), known.get(at + step))
        return [known[frame.index] for frame in frames]

    def _look(self, frame: VideoFrame, before: Look | None, after: Look | None) -> Look:
        """A frame, and what those around it show -> what it shows.

        It is searched near their faces alone, unless they are missing, too far off in time, or of
        other shots. In every second frame a face that has not changed takes its scores from there.
        """
        view = view_of(frame.photo.pixels)
        if before and after and is_between(before, view, after):
            around = before.faces, after.faces
            boxes = boxes_between(*([face.box for face in faces] for faces in around))
            found = self._finder.find_near(frame.photo, boxes)
            known = [face for faces in around for face in faces] if frame.index % SCORED else []
            seen = self._see(frame, found, known)
        else:
            seen = self._see(frame, self._finder.find_faces(frame.photo, False, self._share))
        return Look(frame.index, frame.time, view, seen)

    def _see(
        self, frame: VideoFrame, faces: list[Face], known: Sequence[Sighting] = ()
    ) -> tuple[Sighting, ...]:
        photo, scorer = frame.photo, self._scorer
        crops = [crop_face(photo, face, scorer.size, scorer.model.margin) for face in faces]
        seen = [
            Sighting(
                frame.time,
                frame.seconds,
                face.box,
                face.confidence,
                (),
                sharpness_of(crop),
                look_of(crop, points_in_crop(face, scorer.model.margin)),
                to_thumbnail(crop),
            )
            for face, crop in zip(faces, crops, strict=True)
        ]
        return self._score(seen, crops, known)

    def _score(
        self, faces: list[Sighting], crops: list[np.ndarray], known: Sequence[Sighting]
    ) -> tuple[Sighting, ...]:
        """Faces and their crops -> the same with scores, taken over where nothing changed."""
        same = [next((old for old in known if is_still(old, face)), None) for face in faces]
        unscored = [crop for old, crop in zip(same, crops, strict=True) if not old]
        new = iter(self._scorer.score_crops(unscored).tolist())
        return tuple(
            replace(face, scores=old.scores if old else tuple(next(new)))
            for old, face in zip(same, faces, strict=True)
        )


def _taken(frames: Sequence[VideoFrame], looks: Looks) -> Iterator[tuple[VideoFrame, Look]]:
    return zip(frames, looks.result(), strict=True)


def is_still(old: Sighting, face: Sighting) -> bool:
    """Whether a face is one of another frame, unchanged, and hardly better to see."""
    return (
        overlap(old.box, face.box) >= SAME
        and face.weight < BETTER * old.weight
        and unlikeness(old.look, face.look) <= STILL
    )


def is_between(before: Look, view: View, after: Look) -> bool:
    """Whether two frames are so near in time that faces between them are near theirs.

    view: of the one between, which is of the shot of one of them
    """
    far = after.time - before.time > NEAR_SECONDS * (after.index - before.index)
    return not far and not (is_cut(before.view, view) and is_cut(view, after.view))


def boxes_between(before: Sequence[Box], after: Sequence[Box]) -> list[Box]:
    """Faces' boxes in the frames before and after -> where they may be between: there or midway."""
    midway = [
        (left, top, right, bottom)
        for one in before
        for other in after
        if is_near(one, other)
        for left, top, right, bottom in ((np.add(one, other) / 2).tolist(),)
    ]
    boxes: list[Box] = []
    for box in (*before, *after, *midway):
        if all(overlap(box, other) < SAME for other in boxes):  # a face at rest is one place
            boxes.append(box)
    return boxes


def is_near(one: Box, other: Box) -> bool:
    """Whether one face may have moved from a box to another."""
    middles = np.add(one[:2], one[2:]) / 2 - np.add(other[:2], other[2:]) / 2
    return float(np.hypot(*middles)) <= REACH * max(one[2] - one[0], one[3] - one[1])


def points_in_crop(face: Face, margin: float) -> np.ndarray:
    """An upright face -> its landmarks, (5, 2), in sides of its crop."""
    x, y, half = square_of(face, margin)
    return (np.array(face.landmarks) - (x - half, y - half)) / (2 * half)


def to_thumbnail(crop: np.ndarray) -> bytes:
    """A crop -> a small JPEG of it."""
    packed = io.BytesIO()
    small = Image.fromarray(crop).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    small.save(packed, "JPEG", quality=QUALITY)
    return packed.getvalue()
