"""Pixels -> boxes, confidences and landmarks: MTCNN's cascade in numpy around its three networks.

Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
Networks", 2016; thresholds and
rounding follow facenet-pytorch, whose weights these are, so that both give the same boxes.
"""

from dataclasses import dataclass
from itertools import chain
from math import ceil
from pathlib import Path

import numpy as np

from ..onnx_session import Session
from ..runtime.thread_pool import SharedPool
from .area import AreaSampler
from .suppression import keep_best

FOLDER = Path(__file__).parent
WINDOW = 12  # px of a pyramid level that P-Net looks at
STRIDE = 2  # px of a pyramid level between its windows
STRIP = 40_000  # px of a level that P-Net reads at once: more outgrow the cache, less overlap more
R_CHUNK, O_CHUNK = 16, 4  # windows that R- and O-Net read at once, to stay in a core's cache
FACTOR = 0.709  # from one pyramid level to the next: half of the area
PIECE = 4  # chunks, at most, that are cut out at once
THRESHOLDS = (0.6, 0.7, 0.7)  # least confidence after P-, R- and O-Net
SHIFTS = ((0, 0), (-0.25, 0), (0.25, 0), (0, -0.25), (0, 0.25))  # of a known box, in its sizes
GROWTHS = (0.8, 1.0, 1.25)  # of a known box


@dataclass(frozen=True, eq=False)
class Detections:
    """n faces: boxes (n, 4), landmarks (n, 5, 2) in px of the array, confidences (n,) in 0..1."""

    boxes: np.ndarray
    confidences: np.ndarray
    landmarks: np.ndarray


class Cascade:
    """The three networks, each handing fewer and better boxes to the next."""

    def __init__(self, folder: Path = FOLDER, threads: int = 1) -> None:
        """Open pnet.onnx, rnet.onnx and onet.onnx in `folder`; `threads` share one array's work."""
        self._pnet, self._rnet, self._onet = (Session(folder / f"{name}net.onnx") for name in "pro")
        self._pool = SharedPool(threads)

    def detect(self, pixels: np.ndarray, smallest: float = 20, border: float = 0.0) -> Detections:
        """(rows, columns, 3) uint8 -> detections, the smallest face being `smallest` px.

        border: how far, in face sizes, a face may reach beyond the edge; 0 clips, as
        facenet-pytorch does
        """
        sampler = AreaSampler(pixels)
        clip = border == 0
        boxes = self._propose(sampler, smallest, border)
        boxes = self._refine(sampler, boxes, clip)
        return self._finish(sampler, boxes, clip)

    def detect_near(self, pixels: np.ndarray, boxes: np.ndarray, border: float = 0.0) -> Detections:
        """(rows, columns, 3) uint8 and (n, 4) boxes -> the faces in and around these boxes.

        A small part of `detect`'s work; border as there.
        """
        sampler = AreaSampler(pixels)
        clip = border == 0
        return self._finish(sampler, self._refine(sampler, around(boxes), clip), clip)

    def _propose(self, sampler: AreaSampler, smallest: float, border: float) -> np.ndarray:
        """P-Net over the pyramid -> (n, 4) square candidates."""
        pad = STRIDE * round(border * WINDOW / STRIDE)
        scales = pyramid_scales(min(sampler.shape), smallest, border)
        found = self._pool.map(lambda scale: self._propose_level(sampler, scale, pad), scales)
        candidates = np.concatenate([np.empty((0, 9), np.float32), *found])
        # No suppression between levels: a box has half the area of the next level's.
        candidates = candidates[np.argsort(-candidates[:, 4], kind="stable")]
        boxes, offsets = candidates[:, :4], candidates[:, 5:]
        size = boxes[:, 2:] - boxes[:, :2]
        return square(boxes + offsets * np.concatenate([size, size], axis=1))

    def _propose_level(self, sampler: AreaSampler, scale: float, pad: int) -> np.ndarray:
        """One pyramid level -> (n, 9): box, confidence, four offsets."""
        shape = sampler.level_shape(scale, pad)
        if min(shape) < WINDOW:
            return np.empty((0, 9), np.float32)
        outputs = [
            self._pnet.run(sampler.strip(scale, pad, top, rows)) for top, rows in strips(*shape)
        ]
        offsets, probabilities = (
            np.concatenate(maps, axis=2)[0] for maps in zip(*outputs, strict=True)
        )
        confidences = probabilities[1]
        rows, columns = np.nonzero(confidences >= THRESHOLDS[0])
        corner, scale32 = np.stack([columns, rows], axis=1) * STRIDE - pad, np.float32(scale)
        boxes = np.concatenate(
            [np.floor((corner + 1) / scale32), np.floor((corner + WINDOW) / scale32)],
            axis=1,
            dtype=np.float32,
        )
        sure = confidences[rows, columns]
        found = np.concatenate([boxes, sure[:, None], offsets[:, rows, columns].T], axis=1)
        return found[keep_best(boxes, sure, 0.5)]

    def _refine(self, sampler: AreaSampler, boxes: np.ndarray, clip: bool) -> np.ndarray:
        """R-Net: (n, 4) candidates -> fewer, moved and squared."""
        windows, whole = to_windows(boxes, sampler.shape, clip)
        if not len(windows):
            return boxes[:0]
        offsets, probabilities = self._look(self._rnet, sampler, windows, 24, R_CHUNK)
        sure = probabilities[:, 1] > THRESHOLDS[1]
        boxes, offsets, confidences = boxes[whole][sure], offsets[sure], probabilities[sure, 1]
        kept = keep_best(boxes, confidences, 0.7)
        return square(move(boxes[kept], offsets[kept]))

    def _finish(self, sampler: AreaSampler, boxes: np.ndarray, clip: bool) -> Detections:
        """O-Net: candidates -> detections."""
        windows, whole = to_windows(boxes, sampler.shape, clip)
        if not len(windows):
            return Detections(
                np.empty((0, 4), np.float32),
                np.empty(0, np.float32),
                np.empty((0, 5, 2), np.float32),
            )
        offsets, points, probabilities = self._look(self._onet, sampler, windows, 48, O_CHUNK)
        sure = probabilities[:, 1] > THRESHOLDS[2]
        boxes, offsets, confidences = boxes[whole][sure], offsets[sure], probabilities[sure, 1]
        size = boxes[:, 2:] - boxes[:, :2] + 1
        landmarks = (
            points[sure].reshape(-1, 2, 5).transpose(0, 2, 1) * size[:, None]
            + boxes[:, None, :2]
            - 1
        )
        boxes = move(boxes, offsets)
        kept = keep_best(boxes, confidences, 0.7, of_smaller=True)
        return Detections(boxes[kept], confidences[kept], landmarks[kept])

    def _look(
        self, net: Session, sampler: AreaSampler, windows: np.ndarray, size: int, chunk: int
    ) -> list[np.ndarray]:
        """(n, 4) windows, at least one, `chunk` at a time -> every output of a network, n long.

        They are cut out from top to bottom, so that the next finds its rows in the cache.
        """
        order = np.argsort(windows[:, 1])

        def look(some: np.ndarray) -> list[list[np.ndarray]]:
            return [
                net.run(part)
                for part in np.array_split(sampler.windows(some, size), ceil(len(some) / chunk))
            ]

        turns = ceil(len(windows) / (self._pool.threads * PIECE * chunk))  # as many for each thread
        pieces = np.array_split(windows[order], min(len(windows), self._pool.threads * turns))
        outputs = chain.from_iterable(self._pool.map(look, pieces))
        back = np.argsort(order)
        return [np.concatenate(parts)[back] for parts in zip(*outputs, strict=True)]


def strips(rows: int, columns: int) -> list[tuple[int, int]]:
    """A level's rows and columns, in px -> first row and height of each strip.

    Together they hold every window of P-Net once.
    """
    step = STRIDE * max(1, STRIP // columns // STRIDE)
    last = rows - WINDOW + 1  # whose window P-Net still fills, by one px of nothing if need be
    return [(top, step + WINDOW - STRIDE) for top in range(0, last + 1, step)]


def pyramid_scales(shorter_side: int, smallest: float, border: float) -> list[float]:
    """Shorter side in px -> scales at which P-Net's window is a face, smallest face first."""
    scales, scale = [], WINDOW / smallest
    while shorter_side * (1 + 2 * border) * scale >= WINDOW:
        scales.append(scale)
        scale *= FACTOR
    return scales


def around(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) boxes -> (m, 4) squares, moved and resized a little, each way."""
    squares = square(boxes.astype(np.float32))
    middles, sides = (squares[:, :2] + squares[:, 2:]) / 2, squares[:, 2:] - squares[:, :2]
    return np.concatenate(
        [
            np.concatenate([at - sides * growth / 2, at + sides * growth / 2], axis=1)
            for shift in SHIFTS
            for growth in GROWTHS
            for at in (middles + sides * np.array(shift, np.float32),)
        ]
    )


def square(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) -> squares of the longer side about the same centres."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(axis=1, keepdims=True)
    corner = boxes[:, :2] + size * 0.5 - side * 0.5
    return np.concatenate([corner, corner + side], axis=1)


def move(boxes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(n, 4) boxes by (n, 4) offsets, each in sizes of its box."""
    size = boxes[:, 2:] - boxes[:, :2] + 1
    return boxes + offsets * np.concatenate([size, size], axis=1)


def to_windows(
    boxes: np.ndarray, shape: tuple[int, int], clip: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes -> whole-pixel windows (m, 4), clipped to (rows, columns) if asked, and indices."""
    windows = np.trunc(boxes).astype(np.int64) - [1, 1, 0, 0]
    if clip:
        rows, columns = shape
        windows = windows.clip(0, [columns, rows, columns, rows])
    whole = (windows[:, 2:] > windows[:, :2]).all(axis=1)
    return windows[whole], whole
