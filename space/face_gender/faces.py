"""Photo -> faces, largest first; the only serving module that knows MTCNN."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image

from .mtcnn.cascade import Cascade, Detections
from .photo import Photo
from .settings import FaceSettings

ENOUGH_PIXELS = 64  # of a face's side: O-Net looks at 48
TURNS = (0, 1, 2, 3)  # quarter turns anticlockwise

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Face:
    """Where a face is.

    box: left, top, right, bottom in px of the upright original, inside it
    confidence: the detector's, 0..1
    landmarks: (x, y) of both eyes, the nose and both corners of the mouth, in the same px;
    left comes before right on the upright face
        is seen upright
    turn: quarter turns anticlockwise that make the face upright
    """

    box: Box
    confidence: float
    landmarks: tuple[tuple[float, float], ...]
    turn: int = 0

    @property
    def area(self) -> float:
        """Of the box, in square px."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


class FaceFinder:
    """MTCNN at a bounded size, on photos of any size and turn."""

    def __init__(self, settings: FaceSettings = FaceSettings()) -> None:
        """Load the three networks; `side` is the longer side, in px, that is searched."""
        self._settings = settings
        self.side, self.threads = settings.detect_side, settings.threads
        self._cascade = Cascade(threads=settings.threads)

    def find_faces(self, photo: Photo, turned: bool = True, share: float = 0.0) -> list[Face]:
        """A photo -> its faces, largest first; an empty list where there are none.

        turned: where no upright face is confident enough, all four turns are tried and the best
            is kept
        share: of the longer side that a face has at least, where the settings look for smaller ones
        """
        small = shrink(photo.pixels, self.side)
        found, turn = self._detect_turned(small) if turned else (self._detect(small, share), 0)
        return _to_faces(found, turn, small.shape[:2], (photo.width, photo.height))

    def find_near(self, photo: Photo, boxes: Sequence[Box]) -> list[Face]:
        """A frame, and where faces were just before or after -> its upright faces near there.

        boxes: in px of the original; the frame is shrunk as far as the smallest of them allows
        """
        if not boxes:
            return []
        near = np.array(boxes, np.float32)
        smallest = (near[:, 2:] - near[:, :2]).max(axis=1).min()
        enough = ENOUGH_PIXELS / max(1.0, smallest) * max(photo.width, photo.height)
        small = shrink(photo.pixels, max(1, min(self.side, ceil(enough))))
        scale = max(small.shape[:2]) / max(photo.width, photo.height)
        found = self._cascade.detect_near(small, near * scale, self._settings.border)
        return _to_faces(found, 0, small.shape[:2], (photo.width, photo.height))

    def _detect_turned(self, pixels: np.ndarray) -> tuple[Detections, int]:
        upright = self._detect(pixels)
        if _best_confidence(upright) >= self._settings.sure_confidence:
            return upright, 0
        tried = {turn: self._detect(np.rot90(pixels, turn)) for turn in TURNS[1:]}
        turn = max(tried, key=lambda turn: _best_confidence(tried[turn]))
        if _best_confidence(tried[turn]) < max(
            self._settings.turned_confidence, _best_confidence(upright)
        ):
            return upright, 0
        return tried[turn], turn

    def _detect(self, pixels: np.ndarray, share: float = 0.0) -> Detections:
        side = max(pixels.shape[:2])
        smallest = max(self._settings.smallest_on(side), share * side)
        return self._cascade.detect(pixels, smallest, self._settings.border)


def turn_back(points: np.ndarray, turn: int, width: float, height: float) -> np.ndarray:
    """(..., 2) points of a turned picture -> the same points before the turn.

    turn: quarter turns anticlockwise; width, height: of the picture before the turn
    """
    x, y = points[..., 0], points[..., 1]
    before = {0: (x, y), 1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[
        turn % 4
    ]
    return np.stack(before, axis=-1)


def shrink(pixels: np.ndarray, side: int) -> np.ndarray:
    """Pixels -> the same with a longer side of at most `side` px, area-averaged."""
    rows, columns = pixels.shape[:2]
    shrink = side / max(rows, columns)
    if shrink >= 1:
        return pixels
    size = max(1, round(columns * shrink)), max(1, round(rows * shrink))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _best_confidence(found: Detections) -> float:
    return float(found.confidences.max(initial=0.0))


def _to_faces(
    found: Detections, turn: int, shape: tuple[int, ...], size: tuple[int, int]
) -> list[Face]:
    """Detections in the turned copy -> faces in the original of `size`, largest first.

    shape: rows and columns of the copy before the turn
    """
    rows, columns = shape
    stretch = np.array(size) / (columns, rows)
    corners = (
        turn_back(found.boxes.reshape(-1, 2, 2).astype(np.float64), turn, columns, rows) * stretch
    )
    corners = np.sort(corners, axis=1).clip(0, size).reshape(-1, 4)
    landmarks = (turn_back(found.landmarks.astype(np.float64), turn, columns, rows) * stretch).clip(
        0, size
    )
    faces = [
        Face((left, top, right, bottom), float(confidence), tuple((x, y) for x, y in points), turn)
        for (left, top, right, bottom), confidence, points in zip(
            corners.tolist(), found.confidences, landmarks.tolist(), strict=True
        )
        if right - left >= 1 and bottom - top >= 1
    ]
    return sorted(faces, key=lambda face: face.area, reverse=True)
