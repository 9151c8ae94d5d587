"""Pixels -> boxes, confidences and landmarks: MTCNN's cascade in numpy around its three networks.

Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks", 2016; thresholds and
rounding follow facenet-pytorch, whose weights these are, so that both give the same boxes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine import Session
from .area import AreaSampler

FOLDER = Path(__file__).parent
WINDOW = 12  # px of a pyramid level that P-Net looks at
STRIDE = 2  # px of a pyramid level between its windows
FACTOR = 0.709  # from one pyramid level to the next: half of the area
THRESHOLDS = (0.6, 0.7, 0.7)  # least confidence after P-, R- and O-Net


@dataclass(frozen=True, eq=False)
class Detections:
    """n faces: boxes (n, 4) and landmarks (n, 5, 2) in px of the array searched, confidences (n,) in 0..1."""

    boxes: np.ndarray
    confidences: np.ndarray
    landmarks: np.ndarray


class Cascade:
    """The three networks, each handing fewer and better boxes to the next."""

    def __init__(self, folder: Path = FOLDER, threads: int = 1) -> None:
        """Open pnet.onnx, rnet.onnx and onet.onnx in `folder`."""
        self._pnet, self._rnet, self._onet = (Session(folder / f"{name}net.onnx", threads) for name in "pro")

    def detect(self, pixels: np.ndarray, smallest: float = 20, border: float = 0.0) -> Detections:
        """(rows, columns, 3) uint8 -> detections, the smallest face being `smallest` px.

        border: how far, in sizes of the face, one may hang over the edge; 0 is facenet-pytorch's own way, which clips
        """
        sampler = AreaSampler(pixels)
        clip = border == 0
        boxes = self._propose(sampler, smallest, border)
        boxes = self._refine(sampler, boxes, clip)
        return self._finish(sampler, boxes, clip)

    def _propose(self, sampler: AreaSampler, smallest: float, border: float) -> np.ndarray:
        """P-Net over the pyramid -> (n, 4) square candidates."""
        pad = STRIDE * round(border * WINDOW / STRIDE)
        found = [self._propose_level(sampler, scale, pad) for scale in pyramid_scales(min(sampler.shape), smallest, border)]
        candidates = np.concatenate([np.empty((0, 9), np.float32), *found])
        candidates = candidates[keep_best(candidates[:, :4], candidates[:, 4], 0.7)]
        boxes, offsets = candidates[:, :4], candidates[:, 5:]
        size = boxes[:, 2:] - boxes[:, :2]
        return square(boxes + offsets * np.concatenate([size, size], axis=1))

    def _propose_level(self, sampler: AreaSampler, scale: float, pad: int) -> np.ndarray:
        """One pyramid level -> (n, 9): box, confidence, four offsets."""
        level = sampler.level(scale, pad)
        if min(level.shape[2:]) < WINDOW:
            return np.empty((0, 9), np.float32)
        offsets, probabilities = self._pnet.run(level)
        confidences = probabilities[0, 1]
        rows, columns = np.nonzero(confidences >= THRESHOLDS[0])
        corner = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE - pad
        scale32 = np.float32(scale)
        boxes = np.concatenate([np.floor((corner + 1) / scale32), np.floor((corner + WINDOW) / scale32)], axis=1)
        score = confidences[rows, columns]
        found = np.concatenate([boxes, score[:, None], offsets[0, :, rows, columns]], axis=1)
        return found[keep_best(boxes, score, 0.5)]

    def _refine(self, sampler: AreaSampler, boxes: np.ndarray, clip: bool) -> np.ndarray:
        """R-Net: (n, 4) candidates -> fewer, moved and squared."""
        windows, whole = to_windows(boxes, sampler.shape, clip)
        if not len(windows):
            return boxes[:0]
        offsets, probabilities = self._rnet.run(sampler.windows(windows, 24))
        sure = probabilities[:, 1] > THRESHOLDS[1]
        boxes, offsets, confidences = boxes[whole][sure], offsets[sure], probabilities[sure, 1]
        kept = keep_best(boxes, confidences, 0.7)
        return square(move(boxes[kept], offsets[kept]))

    def _finish(self, sampler: AreaSampler, boxes: np.ndarray, clip: bool) -> Detections:
        """O-Net: candidates -> detections."""
        windows, whole = to_windows(boxes, sampler.shape, clip)
        if not len(windows):
            return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))
        offsets, points, probabilities = self._onet.run(sampler.windows(windows, 48))
        sure = probabilities[:, 1] > THRESHOLDS[2]
        boxes, offsets, confidences = boxes[whole][sure], offsets[sure], probabilities[sure, 1]
        size = boxes[:, 2:] - boxes[:, :2] + 1
        landmarks = points[sure].reshape(-1, 2, 5).transpose(0, 2, 1) * size[:, None] + boxes[:, None, :2] - 1
        boxes = move(boxes, offsets)
        kept = keep_best(boxes, confidences, 0.7, of_smaller=True)
        return Detections(boxes[kept], confidences[kept], landmarks[kept])


def pyramid_scales(shorter_side: int, smallest: float, border: float) -> list[float]:
    """Shorter side in px -> scales at which P-Net's window is a face, from the smallest face up to the largest that fits."""
    scales, scale = [], WINDOW / smallest
    while shorter_side * (1 + 2 * border) * scale >= WINDOW:
        scales.append(scale)
        scale *= FACTOR
    return scales


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


def to_windows(boxes: np.ndarray, shape: tuple[int, int], clip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Boxes -> whole-pixel windows (m, 4), clipped to (rows, columns) if asked, and which of the n boxes they are."""
    windows = np.trunc(boxes).astype(np.int64) - [1, 1, 0, 0]
    if clip:
        rows, columns = shape
        windows = windows.clip(0, [columns, rows, columns, rows])
    whole = (windows[:, 2:] > windows[:, :2]).all(axis=1)
    return windows[whole], whole


def keep_best(boxes: np.ndarray, confidences: np.ndarray, overlap: float, of_smaller: bool = False) -> np.ndarray:
    """Greedy non-maximum suppression -> indices kept, surest first.

    overlap: largest intersection over union that two kept boxes may have; over the smaller one's area with `of_smaller`,
    which counts pixels where the other measures lengths, as the two in facenet-pytorch do
    """
    size = boxes[:, 2:] - boxes[:, :2] + of_smaller
    areas = size.prod(axis=1)
    # Clipped windows often tie: facenet-pytorch sorts stably by torch, and by numpy's default over the smaller area.
    order = np.argsort(confidences)[::-1] if of_smaller else np.argsort(-confidences, kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[order, :2])
        high = np.minimum(boxes[best, 2:], boxes[order, 2:])
        shared = (high - low + of_smaller).clip(0).prod(axis=1)
        whole = np.minimum(areas[best], areas[order]) if of_smaller else areas[best] + areas[order] - shared
        order = order[shared <= overlap * whole]
    return np.array(kept, dtype=np.int64)
