"""A video's frames -> what each of them shows: its faces, and what tells a cut."""

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .crops import crop_face, square_of
from .faces import Box, Face
from .looks import look_of, unlikeness
from .reader import PhotoReader
from .shots import View, view_of
from .sightings import Sighting, sharpness_of
from .tracking import overlap
from .video import VideoFrame

THUMBNAIL, QUALITY = 64, 75  # px, and of the JPEG
NEAR_SECONDS = 0.6  # between two frames, for the one between them to be searched near their faces
REACH = 2.0  # face sizes that a face moves in that time, at most
SAME = 0.7  # intersection over union of two boxes, from which the second is not looked at
STILL = 0.05  # difference of two looks, 1 - cosine, up to which a face is the same picture
BETTER = 1.2  # times the size and sharpness, from which it is scored again all the same
AHEAD = 1  # frames a thread may have looked at before the first of them is taken


@dataclass(frozen=True, eq=False)
class Look:
    """What one frame shows, before it is known what the frame before it showed."""

    view: View
    faces: tuple[Sighting, ...]


class FrameReader:
    """Looks at frames; safe to share between threads."""

    def __init__(self, reader: PhotoReader, smallest_share: float) -> None:
        """reader: whose detector and model look; smallest_share: of a face, of the longer side."""
        self._finder, self._scorer, self._share = reader.finder, reader.scorer, smallest_share

    def read(self, frames: Iterable[VideoFrame]) -> Iterator[tuple[VideoFrame, Look]]:
        """Frames -> each with what it shows, in order; every thread of the finder has its own."""
        waiting: deque[tuple[VideoFrame, Future[Look]]] = deque()
        threads = self._finder.threads
        with ThreadPoolExecutor(threads) as pool:
            for each in self._submit(pool, frames):
                waiting.append(each)
                if len(waiting) > AHEAD * threads:
                    frame, look = waiting.popleft()
                    yield frame, look.result()
            while waiting:
                frame, look = waiting.popleft()
                yield frame, look.result()

    def _submit(
        self, pool: ThreadPoolExecutor, frames: Iterable[VideoFrame]
    ) -> Iterator[tuple[VideoFrame, Future[Look]]]:
        """Frames -> each with its look to come, in order.

        A frame of odd index between two others is searched near their faces alone, and a face that
        has not changed takes its scores from there. Which these are depends on indices and times,
        so that a job that goes on after a kill sees the same.
        """
        between: VideoFrame | None = None
        before: tuple[VideoFrame, Future[Look]] | None = None  # the last that was searched whole
        for frame in frames:
            if not between and before and frame.index == before[0].index + 1 and frame.index % 2:
                between = frame
                continue
            look = pool.submit(self._look, frame)
            if between and before and follows(frame, before[0]):
                yield between, pool.submit(self._look_between, between, before[1], look)
            elif between:
                yield between, pool.submit(self._look, between)
            yield frame, look
            before, between = (frame, look), None
        if between:
            yield between, pool.submit(self._look, between)

    def _look(self, frame: VideoFrame) -> Look:
        return self._see(frame, self._finder.find_faces(frame.photo, False, self._share))

    def _look_between(self, frame: VideoFrame, before: Future[Look], after: Future[Look]) -> Look:
        around = before.result().faces, after.result().faces
        boxes = boxes_between(*([face.box for face in faces] for faces in around))
        found = self._finder.find_near(frame.photo, boxes)
        return self._see(frame, found, [face for faces in around for face in faces])

    def _see(self, frame: VideoFrame, faces: list[Face], known: Sequence[Sighting] = ()) -> Look:
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
        return Look(view_of(photo.pixels), self._score(seen, crops, known))

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


def is_still(old: Sighting, face: Sighting) -> bool:
    """Whether a face is one of another frame, unchanged, and hardly better to see."""
    return (
        overlap(old.box, face.box) >= SAME
        and face.weight < BETTER * old.weight
        and unlikeness(old.look, face.look) <= STILL
    )


def follows(frame: VideoFrame, before: VideoFrame) -> bool:
    """Whether a frame comes two after another, and so soon that faces are still near."""
    return frame.index == before.index + 2 and frame.time - before.time <= NEAR_SECONDS


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
