"""Photo, face -> upright square crop; the only place a face is cut out of a photo."""

from math import ceil, floor

import numpy as np
from PIL import Image

from .faces import Face
from .photo import Photo

GREY = 127  # beyond the photo's edge
GRID = 1024  # steps a px, to which squares are rounded: Pillow's 32-bit box holds them exactly


def crop_face(photo: Photo, face: Face, size: int, margin: float) -> np.ndarray:
    """Cut a face out -> (size, size, 3) uint8, upright.

    margin: of the box's longer side, added on each side; the crop is square about the box's centre
    A wider crop at a proportionally larger size holds this one in its middle, bit for bit.
    """
    center_x, center_y, half = (value * photo.scale for value in square_of(face, margin))
    step = max(1, round(2 * half / size * GRID)) / GRID  # decoded px per px of the crop
    center_x, center_y, half = (
        round(center_x * GRID) / GRID,
        round(center_y * GRID) / GRID,
        step * size / 2,
    )
    reach = ceil(step) + 1  # px beside the square that the resampling filter sees
    left, top = floor(center_x - half) - reach, floor(center_y - half) - reach
    extent = ceil(2 * half) + 2 * reach + 1
    region = _cut(photo.pixels, left, top, extent)
    x, y = center_x - left, center_y - top
    for _ in range(face.turn % 4):
        region, x, y = np.rot90(region), y, extent - x
    picture = Image.fromarray(np.ascontiguousarray(region))
    box = (x - half, y - half, x + half, y + half)
    return np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR, box=box))


def square_of(face: Face, margin: float) -> tuple[float, float, float]:
    """A face -> centre x, centre y and half the side of its crop's square, in original px."""
    left, top, right, bottom = face.box
    half = max(right - left, bottom - top) * (1 + 2 * margin) / 2
    return (left + right) / 2, (top + bottom) / 2, half


def enough_side(photo: Photo, faces: list[Face], size: int, margin: float) -> int:
    """The longer side, in px, at which the smallest face's crop has `size` real pixels.

    At most that of the original.
    """
    original = max(photo.width, photo.height)
    crops = [2 * square_of(face, margin)[2] for face in faces]
    return ceil(min([original * size / min(crops), original])) if crops else 0


def _cut(pixels: np.ndarray, left: int, top: int, extent: int) -> np.ndarray:
    """A square of `extent` px that may lie partly, or wholly, beyond the edges."""
    rows, columns = pixels.shape[:2]
    region = np.full((extent, extent, 3), GREY, np.uint8)
    x0, x1 = np.clip((left, left + extent), 0, columns)
    y0, y1 = np.clip((top, top + extent), 0, rows)
    region[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[y0:y1, x0:x1]
    return region
