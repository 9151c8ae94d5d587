"""Crop -> which parts its score depends on: hide a part, score again (Zeiler and Fergus 2014)."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

CELLS = 8  # a side of the map
HIDDEN = 2  # cells a side that are hidden at a time: large enough to hide an eye
GREY = 127
# Black through orange to pale yellow: brightness alone carries it, so colour-blind people read it.
RAMP = np.array([(0, 0, 4), (87, 24, 69), (187, 60, 20), (249, 156, 7), (252, 255, 164)], float)

ScoreCrops = Callable[[Sequence[np.ndarray]], np.ndarray]


def find_drops(
    crop: np.ndarray, label: int, score_crops: ScoreCrops, cells: int = CELLS
) -> np.ndarray:
    """A crop (size, size, 3) uint8 and a class's number -> (cells, cells) score drops, -1..1.

    Each cell holds the drop with a grey square about its centre; below 0, hiding raises the score.
    """
    scores = score_crops([crop, *hide_cells(crop, cells)])[:, label]
    return (scores[0] - scores[1:]).reshape(cells, cells).astype(float)


def hide_cells(crop: np.ndarray, cells: int = CELLS) -> list[np.ndarray]:
    """A crop -> cells x cells copies, row by row, each with a grey square about a cell's centre."""
    size = crop.shape[0]
    reach = HIDDEN * size / cells / 2
    centers = (np.arange(cells) + 0.5) * size / cells
    edges = [
        (max(0, round(center - reach)), min(size, round(center + reach))) for center in centers
    ]
    hidden = []
    for top, bottom in edges:
        for left, right in edges:
            copy = crop.copy()
            copy[top:bottom, left:right] = GREY
            hidden.append(copy)
    return hidden


def draw_drops(crop: np.ndarray, drops: np.ndarray, side: int = 224) -> Image.Image:
    """A crop and its drops -> the crop in grey, bright where hiding costs the most."""
    grey = (
        Image.fromarray(crop)
        .convert("L")
        .resize((side, side), Image.Resampling.BICUBIC)
        .convert("RGB")
    )
    share = np.clip(drops, 0, None) / max(float(drops.max()), 1e-6)
    smooth = Image.fromarray((share * 255).astype(np.uint8)).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    heat = np.stack(
        [
            np.interp(np.asarray(smooth), np.linspace(0, 255, len(RAMP)), RAMP[:, band])
            for band in range(3)
        ],
        axis=-1,
    )
    return Image.blend(grey, Image.fromarray(heat.astype(np.uint8)), 0.6)
