"""An upload or path -> an upright RGB photo, or PhotoError; the only module that decodes pictures."""

import io
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from .settings import PhotoSettings

pillow_heif.register_heif_opener()

PhotoSource = str | PathLike[str] | bytes | Image.Image | np.ndarray

# What cameras, phones and browsers write. Pillow knows more, some of which start other programs (EPS).
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF", "BMP", "DIB", "TIFF", "PPM", "TGA", "JPEG2000", "ICO")
SUFFIXES = frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS)
LYING = (5, 6, 7, 8)  # EXIF orientations that swap width and height
WHITE = (255, 255, 255)


class PhotoError(ValueError):
    """A photo cannot be used; the message is one sentence for whoever sent it."""


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright RGB photo.

    pixels: (rows, columns, 3) uint8, perhaps decoded smaller than the original
    width, height: of the upright original, in px; boxes and landmarks refer to these
    """

    pixels: np.ndarray
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Decoded pixels per original pixel, at most 1."""
        return max(self.pixels.shape[:2]) / max(self.width, self.height)


def open_photo(source: PhotoSource, settings: PhotoSettings = PhotoSettings(), side: int | None = None) -> Photo:
    """A file's path, its bytes, a PIL picture or an array -> a photo.

    source: an array is (rows, columns), (rows, columns, 1, 3 or 4), of uint8, uint16, bool, or floats in 0..1
    side: the longer side, in px, that is enough; large JPEGs are then decoded at a half, quarter or eighth, never below it
    Animations give their first frame; transparency is laid over white. Raises PhotoError.
    """
    if isinstance(source, np.ndarray):
        picture: Image.Image = _from_array(source)
    elif isinstance(source, Image.Image):
        picture = source
    else:
        picture = _open_encoded(source, settings)
    return _decode(picture, settings, side)


def _open_encoded(source: str | PathLike[str] | bytes, settings: PhotoSettings) -> Image.Image:
    """Only the header is read here, so that a bomb is refused before it is unpacked."""
    content = source if isinstance(source, bytes) else _read_file(Path(source), settings)
    if not content:
        raise PhotoError("The file is empty.")
    if len(content) > settings.max_bytes:
        raise PhotoError(_too_large("file", len(content) / 1e6, settings.max_bytes / 1e6, "MB"))
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoError("This is not a picture in a format that can be read (JPEG, PNG, WebP, HEIC, ...).") from error
    except Image.DecompressionBombError as error:
        raise PhotoError(_too_large("photo", 179, settings.max_pixels / 1e6, "megapixels")) from error
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError) as error:
        raise PhotoError("The picture's header is damaged, so it cannot be opened.") from error


def _read_file(path: Path, settings: PhotoSettings) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(settings.max_bytes + 1)
    except FileNotFoundError as error:
        raise PhotoError("There is no such file.") from error
    except (OSError, ValueError) as error:
        raise PhotoError(f"The file cannot be read ({error}).") from error


def _decode(picture: Image.Image, settings: PhotoSettings, side: int | None) -> Photo:
    columns, rows = picture.size
    if columns * rows > settings.max_pixels:
        raise PhotoError(_too_large("photo", columns * rows / 1e6, settings.max_pixels / 1e6, "megapixels"))
    if not columns * rows:
        raise PhotoError("The picture has no pixels.")
    try:
        _draft(picture, side)
        lies = picture.getexif().get(ExifTags.Base.Orientation) in LYING
        upright = _to_rgb(ImageOps.exif_transpose(picture))
    except Exception as error:  # decoders raise whatever they like: OSError, SyntaxError, struct.error, ...
        raise PhotoError("The picture is damaged or incomplete, so it cannot be read.") from error
    width, height = (rows, columns) if lies else (columns, rows)
    return Photo(np.asarray(upright), width, height)


def _draft(picture: Image.Image, side: int | None) -> None:
    """Tell the JPEG decoder that an eighth, quarter or half of the size will do, where it will."""
    if side is None or picture.format not in ("JPEG", "MPO"):
        return
    shrink = side / max(picture.size)
    picture.draft(None, (int(picture.width * shrink), int(picture.height * shrink)))


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        picture = _from_array(np.asarray(picture))
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (*WHITE, 255))
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return picture.convert("RGB")


def _from_array(array: np.ndarray) -> Image.Image:
    """Grey, RGB or RGBA numbers of any depth -> 8-bit picture."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise PhotoError(f"An array should be (rows, columns) or (rows, columns, 3 or 4), got {array.shape}.")
    return Image.fromarray(np.ascontiguousarray(_to_8_bit(array)))


def _to_8_bit(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype.kind == "f":
        finite = np.nan_to_num(array)
        full = 1.0 if finite.max() <= 1 else 255.0 if finite.max() <= 255 else 65535.0
        return (finite.clip(0, full) * (255 / full)).round().astype(np.uint8)
    if array.dtype.kind in "iu":
        depth = 8 if array.max() > 255 else 0  # 16-bit grey, which Pillow may hold as 32-bit numbers
        return (array.clip(0, 65535 if depth else 255).astype(np.uint32) >> depth).astype(np.uint8)
    raise PhotoError(f"An array should hold numbers, got {array.dtype}.")


def _too_large(what: str, got: float, limit: float, unit: str) -> str:
    return f"The {what} is too large: {got:.0f} {unit}, where at most {limit:.0f} are taken."
