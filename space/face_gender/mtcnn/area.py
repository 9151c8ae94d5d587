"""Pixels -> any window of them at any size, area-averaged, from one integral image."""

from itertools import pairwise

import numpy as np


class AreaSampler:
    """One array of pixels, ready to be averaged over any rectangles; grey beyond its edges.

    The average over a rectangle is four look-ups in the integral image (Crow 1984), so the
    pyramid's levels and thousands of
    candidates cost the same few operations. Values are (pixel - 127.5) / 128, MTCNN's own, in which
    grey is 0: what lies
    outside adds nothing to a sum, and needs no padded copy.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        """pixels: (rows, columns, 3) uint8, at most 8 million of them (sums are 32-bit)."""
        rows, columns = pixels.shape[:2]
        self.shape = rows, columns
        self._sums = np.zeros((rows + 1, columns + 1, 3), np.int32)
        inside = self._sums[1:, 1:]  # worked on in place: fresh memory costs more than the sums
        np.multiply(pixels, 2, out=inside, dtype=np.int32)
        inside -= 255
        np.cumsum(inside, axis=1, out=inside)
        for above, row in pairwise(inside):  # numpy's own sum goes down each column by itself
            row += above

    def level_shape(self, scale: float, pad: int) -> tuple[int, int]:
        """Rows and columns of the whole at `scale`, with `pad` px of grey around."""
        rows, columns = (int(side * scale + 1) + 2 * pad for side in self.shape)
        return rows, columns

    def strip(self, scale: float, pad: int, start: int, count: int) -> np.ndarray:
        """`count` rows at `scale` from `start`, or as many as exist -> (1, 3, rows, columns)."""
        rows, columns = self.level_shape(scale, pad)
        strip = np.zeros((1, 3, min(count, rows - start), columns), np.float32)
        first = max(start, pad)  # of those with pixels, of which there may be none
        end = max(first, min(start + count, rows - pad))
        top, bottom = (
            edges[0, first - pad : end - pad] for edges in whole_bins(self.shape[0], rows - 2 * pad)
        )
        left, right = (edges[0] for edges in whole_bins(self.shape[1], columns - 2 * pad))
        sums = self._sums.take(bottom, axis=0) - self._sums.take(top, axis=0)
        sums = sums.take(right, axis=1) - sums.take(left, axis=1)
        inside = strip[0, :, first - start : end - start, pad : columns - pad]
        np.multiply(
            sums.transpose(2, 0, 1),
            share_of(bottom - top, right - left),
            out=inside,
            dtype=np.float32,
        )
        return strip

    def windows(self, windows: np.ndarray, size: int) -> np.ndarray:
        """(n, 4) whole-pixel windows -> (n, 3, size, size) float32."""
        left, right = bins(windows[:, 0], windows[:, 2], size)
        top, bottom = bins(windows[:, 1], windows[:, 3], size)
        share = share_of(bottom - top, right - left)
        rows, columns = self.shape
        left, right = (edges.clip(0, columns)[:, None, :] for edges in (left, right))
        top, bottom = (edges.clip(0, rows)[:, :, None] * (columns + 1) for edges in (top, bottom))
        corners = self._sums.reshape(-1, 3)
        sums = corners.take(bottom + right, axis=0)
        sums -= corners.take(bottom + left, axis=0)
        sums -= corners.take(top + right, axis=0)
        sums += corners.take(top + left, axis=0)
        return np.multiply(sums.transpose(0, 3, 1, 2), share[:, None], order="C", dtype=np.float32)


def share_of(heights: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """(..., rows) heights and (..., columns) widths of bins -> (..., rows, columns) factors.

    A factor turns a bin's sum into its mean / 256.
    """
    return np.float32(1 / 256) / (heights[..., :, None] * widths[..., None, :]).astype(np.float32)


def whole_bins(length: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """All of `length` pixels, cut into `count` bins -> as bins gives them, (1, count)."""
    return bins(np.zeros(1, np.int64), np.array([length]), count)


def bins(start: np.ndarray, end: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """N ranges of whole pixels, each cut into `count` bins -> first and end pixels, (n, count).

    Bins overlap by a pixel where they do not divide evenly, as in torch's adaptive average pooling.
    """
    length = (end - start)[:, None]
    steps = np.arange(count + 1)
    first = start[:, None] + steps[:-1] * length // count
    last = start[:, None] - (-steps[1:] * length // count)
    return first, last
