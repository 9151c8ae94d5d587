"""Crop -> which parts its score depends on: hide a part, score again (Zeiler and Fergus 2014)."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

CELLS = 8  # a side of the map
HIDDEN = 2  # cells a side that are hidden at a time: large enough to hide an eye
GREY = 127
# Black through orange to pale yellow: brightness alone carries it, so colour-blind people read it.
RAMP = np.array([(0, 0, 4), (87, 24, 69), (187, 60, 20), (249, 156, 7), (252, 255, 164)], float)
BRIGHTEST = (
    0.5  # drop that is drawn brightest, in every map: what takes 1.0 to a tie of two classes
)
HEAT_SHARE = 0.6  # of the map's colours; the rest is the face
MATTERS = 0.05  # drop below which a part hardly matters

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


def say_drops(drops: np.ndarray, label: str) -> str:
    """A face's drops and its best class -> in a sentence, what they say."""
    most = max(0.0, float(drops.max()))
    lowers = f"lowers its score for {label} by"
    if most < MATTERS:
        return f"No part mattered much: hiding any {lowers} {most:.2f} at most."
    return f"Hiding the brightest part {lowers} {most:.2f}."


def draw_drops(crop: np.ndarray, drops: np.ndarray, side: int = 224) -> Image.Image:
    """A crop and its drops -> the crop in grey, brighter where hiding costs more, up to BRIGHTEST.

    The scale is the same in every map, so two of them can be compared.
    """
    grey = (
        Image.fromarray(crop)
        .convert("L")
        .resize((side, side), Image.Resampling.BICUBIC)
        .convert("RGB")
    )
    share = np.clip(drops / BRIGHTEST, 0, 1).astype(np.float32)
    smooth = Image.fromarray(share).resize((side, side), Image.Resampling.BICUBIC)
    steps = np.linspace(0, 1, len(RAMP))
    heat = np.stack(
        [np.interp(np.asarray(smooth), steps, RAMP[:, band]) for band in range(3)], axis=-1
    )
    return Image.blend(grey, Image.fromarray(heat.astype(np.uint8)), HEAT_SHARE)


def legend_colours() -> list[str]:
    """Colours from a drop of 0 to BRIGHTEST in even steps, as they look over a middle grey."""
    seen = (1 - HEAT_SHARE) * GREY + HEAT_SHARE * RAMP
    return ["#" + bytes(colour.astype(np.uint8)).hex() for colour in seen]
