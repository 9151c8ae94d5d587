"""Pixels -> any window of them at any size, area-averaged, from one integral image."""

import numpy as np


class AreaSampler:
    """One array of pixels, ready to be averaged over any rectangles; grey beyond its edges.

    The average over a rectangle is four look-ups in the integral image (Crow 1984), so the pyramid's levels and thousands of
    candidates cost the same few operations. Values are (pixel - 127.5) / 128, MTCNN's own, in which grey is 0: what lies
    outside adds nothing to a sum, and needs no padded copy.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        """pixels: (rows, columns, 3) uint8, at most 8 million of them (sums are 32-bit)."""
        rows, columns = pixels.shape[:2]
        self.shape = rows, columns
        self._sums = np.zeros((rows + 1, columns + 1, 3), np.int32)
        doubled = pixels.astype(np.int32) * 2 - 255
        np.cumsum(doubled, axis=0, out=doubled)
        np.cumsum(doubled, axis=1, out=self._sums[1:, 1:])

    def level(self, scale: float, pad: int) -> np.ndarray:
        """The whole at `scale`, with `pad` px of grey around -> (1, 3, rows, columns) float32."""
        rows, columns = (int(side * scale + 1) for side in self.shape)
        top, bottom = bins(np.zeros(1, np.int64), np.array([self.shape[0]]), rows)
        left, right = bins(np.zeros(1, np.int64), np.array([self.shape[1]]), columns)
        strips = self._sums[bottom[0]] - self._sums[top[0]]
        sums = strips[:, right[0]] - strips[:, left[0]]
        areas = (bottom - top)[0, :, None, None] * (right - left)[0, None, :, None]
        level = np.zeros((1, 3, rows + 2 * pad, columns + 2 * pad), np.float32)
        level[0, :, pad : pad + rows, pad : pad + columns] = (sums / (areas * 256.0)).transpose(2, 0, 1)
        return level

    def windows(self, windows: np.ndarray, size: int) -> np.ndarray:
        """(n, 4) whole-pixel windows -> (n, 3, size, size) float32."""
        left, right = bins(windows[:, 0], windows[:, 2], size)
        top, bottom = bins(windows[:, 1], windows[:, 3], size)
        areas = (bottom - top)[:, :, None] * (right - left)[:, None, :]
        left, right = (edges.clip(0, self.shape[1])[:, None, :] for edges in (left, right))
        top, bottom = (edges.clip(0, self.shape[0])[:, :, None] for edges in (top, bottom))
        total = self._sums
        sums = total[bottom, right] - total[bottom, left] - total[top, right] + total[top, left]
        return (sums / (areas[..., None] * 256.0)).transpose(0, 3, 1, 2).astype(np.float32)


def bins(start: np.ndarray, end: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """N ranges of whole pixels, each cut into `count` bins -> first and past-the-last pixel of each, (n, count).

    Bins overlap by a pixel where they do not divide evenly, as in torch's adaptive average pooling.
    """
    length = (end - start)[:, None]
    steps = np.arange(count + 1)
    first = start[:, None] + steps[:-1] * length // count
    last = start[:, None] - (-steps[1:] * length // count)
    return first, last
