"""A decoded picture of any mode, depth, size or orientation -> 8-bit RGB."""

import struct

import numpy as np
from PIL import ExifTags, Image

from .colours import changes_colours, to_srgb

Turn = Image.Transpose
TURNS = {  # EXIF orientation -> what makes it upright
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_270,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_90,
}
LYING = (5, 6, 7, 8)  # EXIF orientations that swap width and height
WHITE = (255, 255, 255)
GREYS = ("1", "L", "LA", "La")
FULL = (1.0, *(float(2**bits - 1) for bits in (8, 10, 12, 14, 16)))  # white, in floats


def reduce_for_colours(picture: Image.Image, side: int | None) -> Image.Image:
    """A decoded picture whose colours will be converted -> fewer pixels, if that will do."""
    factor = max(picture.size) // side if side else 1
    if factor < 2 or picture.mode != "RGB" or not changes_colours(picture.info.get("icc_profile")):
        return picture
    small = picture.reduce(factor)
    small.info["icc_profile"] = picture.info["icc_profile"]
    return small


def orientation_of(picture: Image.Image) -> int:
    """A loaded picture -> its EXIF or XMP orientation; 1, upright, where damaged or obeyed."""
    try:
        found = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error):
        return 1
    return found if isinstance(found, int) else 1


def to_rgb(picture: Image.Image) -> Image.Image:
    """A decoded picture of any mode -> 8-bit sRGB, transparency laid over white."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith(("I", "F")):
        picture = Image.fromarray(to_8_bit(np.asarray(picture)))
    if picture.has_transparency_data:
        picture = _on_white(picture)
    return to_srgb(picture, profile)


def _on_white(picture: Image.Image) -> Image.Image:
    """A picture with transparency -> grey where it was grey, RGB otherwise."""
    rgba = picture.convert("RGBA")
    paper = Image.new("RGBA", rgba.size, (*WHITE, 255))
    return Image.alpha_composite(paper, rgba).convert("L" if picture.mode in GREYS else "RGB")


def to_8_bit(array: np.ndarray) -> np.ndarray:
    """Bools, integers or floats -> uint8; the highest one tells the depth, 8 to 16 bits or 0..1."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype.kind == "f":
        finite = np.nan_to_num(array.astype(np.float32), posinf=0.0, neginf=0.0)
        highest = finite.max() / 2  # a little over is white
        full = next((full for full in FULL if highest <= full), FULL[-1])
        return (finite.clip(0, full) * (255 / full)).round().astype(np.uint8)
    bits = max(0, int(array.max())).bit_length()
    bits = max(8, bits + bits % 2)  # cameras and scanners put 10, 12, 14 or 16 into 16-bit files
    return (array.clip(0) >> (bits - 8)).astype(np.uint8)
