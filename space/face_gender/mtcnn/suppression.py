"""Boxes that overlap -> the most confident of each heap, as facenet-pytorch keeps them."""

import numpy as np

HEAD = 64  # boxes whose overlaps with all surer ones are looked up at once


def keep_best(
    boxes: np.ndarray, confidences: np.ndarray, overlap: float, of_smaller: bool = False
) -> np.ndarray:
    """Greedy non-maximum suppression -> indices kept, most confident first.

    overlap: largest intersection over union of two kept boxes; over the smaller with `of_smaller`,
    which counts pixels where the other measures lengths, as the two in facenet-pytorch do
    """
    areas = (boxes[:, 2:] - boxes[:, :2] + of_smaller).prod(axis=1)
    # Clipped windows often tie: facenet-pytorch sorts stably by torch, by numpy over the smaller.
    order = np.argsort(confidences)[::-1] if of_smaller else np.argsort(-confidences, kind="stable")
    kept = [order[:0]]
    while len(order):
        head, order = order[:HEAD], order[HEAD:]
        head = head[unsuppressed(overlapping(boxes, areas, head, head, overlap, of_smaller))]
        kept.append(head)
        order = order[~overlapping(boxes, areas, head, order, overlap, of_smaller).any(axis=0)]
    return np.concatenate(kept)


def overlapping(
    boxes: np.ndarray,
    areas: np.ndarray,
    some: np.ndarray,
    others: np.ndarray,
    overlap: float,
    of_smaller: bool,
) -> np.ndarray:
    """Indices of m boxes and of n -> (m, n), which of them share more than `overlap`."""
    left, top, right, bottom = boxes.T
    widths = (
        np.minimum.outer(right[some], right[others])
        - np.maximum.outer(left[some], left[others])
        + of_smaller
    )
    heights = (
        np.minimum.outer(bottom[some], bottom[others])
        - np.maximum.outer(top[some], top[others])
        + of_smaller
    )
    shared = widths.clip(0) * heights.clip(0)
    if of_smaller:
        return shared > overlap * np.minimum.outer(areas[some], areas[others])
    return shared > overlap * (np.add.outer(areas[some], areas[others]) - shared)


def unsuppressed(overlaps: np.ndarray) -> list[int]:
    """(n, n), which of n boxes overlap, most confident first -> those no better one overlaps."""
    kept: list[int] = []
    free = np.ones(len(overlaps), bool)
    for number, row in enumerate(overlaps):
        if free[number]:
            kept.append(number)
            free &= ~row
    return kept
