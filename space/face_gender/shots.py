"""Frames -> where one shot ends and the next begins."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

GRID = (32, 18)  # px, columns and rows of the copy that is compared
LEVELS = 8  # of each colour in the histogram
COLOURS_CHANGED = 0.30  # least share of the picture whose colours are others after a cut, 0..1
PLACES_ALIKE = 0.60  # most correlation of light and dark before and after a cut, -1..1


@dataclass(frozen=True, eq=False)
class View:
    """What a frame looks like: (512,) shares of its colours and its (576,) light and dark."""

    colours: np.ndarray
    places: np.ndarray


def view_of(pixels: np.ndarray) -> View:
    """(rows, columns, 3) uint8 -> its view."""
    picture = Image.fromarray(pixels)
    small = np.asarray(picture.resize(GRID, Image.Resampling.BOX, reducing_gap=1.0))
    levels = small.astype(np.int64) * LEVELS // 256
    bins = (levels[..., 0] * LEVELS + levels[..., 1]) * LEVELS + levels[..., 2]
    colours = np.bincount(bins.ravel(), minlength=LEVELS**3) / bins.size
    grey = small.mean(axis=2).ravel()
    return View(colours, (grey - grey.mean()) / (grey.std() + 1.0))


def is_cut(before: View, after: View) -> bool:
    """Two frames in a row -> whether a new shot begins with the second.

    Colours change at a cut but hardly with a moving camera; where light and dark lie stays the
    same under a flash or a fade. A cut changes both.
    """
    changed = np.abs(before.colours - after.colours).sum() / 2
    alike = float(np.mean(before.places * after.places))
    return bool(changed >= COLOURS_CHANGED and alike <= PLACES_ALIKE)
