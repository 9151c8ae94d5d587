"""An upload or path -> an upright RGB photo, or PhotoError; only this module decodes pictures."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, UnidentifiedImageError

from .memory import has_room, webp_pixels
from .pixels import LYING, TURNS, orientation_of, reduce_for_colours, to_8_bit, to_rgb
from .runtime.files import read_start
from .settings import PhotoSettings, from_environment

pillow_heif.register_heif_opener()
# What Pillow notes of odd photos is for developers: the sender is told by PhotoError alone.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())

PhotoSource = str | PathLike[str] | bytes | Image.Image | np.ndarray

# What cameras, phones and browsers write. Pillow knows more, some of which run programs (EPS).
FORMATS = (
    "JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF", "BMP", "DIB", "TIFF", "PPM", "TGA", "JPEG2000"
)  # fmt: skip
SUFFIXES = frozenset(
    suffix for suffix, name in Image.registered_extensions().items() if name in (*FORMATS, "MPO")
)
DRAFTED = ("JPEG", "MPO")
NO_MEMORY = "There is not enough memory for this photo: please send a smaller one."
UNSUPPORTED = "The picture is packed in a way that cannot be read: please save it as JPEG or PNG."


class PhotoError(ValueError):
    """A photo cannot be used; the message is one sentence for the sender."""


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright RGB photo.

    pixels: (rows, columns, 3) uint8, perhaps decoded smaller than the original
    width, height: of the upright original, in px; boxes and landmarks refer to these
    """

    pixels: np.ndarray = field(repr=False)
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Decoded pixels per original pixel, at most 1."""
        return max(self.pixels.shape[:2]) / max(self.width, self.height)


def open_photo(
    source: PhotoSource, settings: PhotoSettings | None = None, side: int | None = None
) -> Photo:
    """A file's path, its bytes, a PIL picture or an array -> a photo.

    settings: the environment's, where none are given
    source: an array is (rows, columns) or (rows, columns, 1, 3 or 4), of uint8, uint16, bool, or
    floats in 0..1
    side: the longer side, in px, that is enough; large JPEGs are then decoded at a half, quarter or
        eighth, and photos whose colours are converted are reduced first, never below it
    Animations give their first frame; transparency is laid over white. Raises PhotoError.
    """
    settings = settings or from_environment(PhotoSettings)
    if isinstance(source, np.ndarray):
        return _decode(_from_array(source), settings, None)
    if isinstance(source, Image.Image):
        return _decode(source, settings, side)  # never drafted: the picture is the caller's
    if isinstance(source, str | bytes | PathLike):
        return _decode(_open_encoded(source, settings), settings, side, draft=True)
    raise ValueError(
        f"A photo should be a path, bytes, a PIL picture or an array, got {type(source).__name__}."
    )


def open_once(source: PhotoSource, settings: PhotoSettings | None = None) -> PhotoSource:
    """A source to open at several sizes -> one that is decoded once, or the same.

    A JPEG stays as it is: decoding it small is cheaper. Raises PhotoError.
    """
    if isinstance(source, np.ndarray | Image.Image):
        return source
    picture = _open_encoded(source, settings or from_environment(PhotoSettings))
    return source if picture.format in DRAFTED else picture


def starts_like_photo(start: bytes) -> bool:
    """A file's first 16 bytes -> whether a photo starts so; a TGA cannot be told."""
    known = (Image.OPEN[name][1] for name in FORMATS if name in Image.OPEN)
    return len(start) == 16 and any(accept(start) is True for accept in known if accept)


@contextmanager
def enough_memory() -> Iterator[None]:
    """What runs inside ends in PhotoError where the memory does."""
    try:
        yield
    except MemoryError as error:
        raise PhotoError(NO_MEMORY) from error


def _open_encoded(source: str | PathLike[str] | bytes, settings: PhotoSettings) -> Image.Image:
    """Only the header is read here, so that a bomb is refused before it is unpacked."""
    content = (
        source if isinstance(source, bytes) else read_file(Path(source), settings.max_bytes + 1)
    )
    if not content:
        raise PhotoError("The file is empty.")
    if len(content) > settings.max_bytes:
        raise PhotoError(f"The file is larger than the {settings.max_bytes / 1e6:g} MB allowed.")
    _lift_limit(settings)
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoError(
            "This is not a picture in a format that can be read (JPEG, PNG, WebP, HEIC, ...)."
        ) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(_too_large(settings)) from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        OverflowError,
        MemoryError,
        RuntimeError,
    ) as error:
        damaged = "The picture's header is damaged, so it cannot be opened."
        named = min(webp_pixels(content), settings.max_pixels)
        raise PhotoError(_reason(error, damaged, named)) from error


def _lift_limit(settings: PhotoSettings) -> None:
    """Pillow has one limit for the whole process: raise it to ours, which then applies."""
    if Image.MAX_IMAGE_PIXELS is not None and settings.max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = settings.max_pixels


def read_file(path: Path, most: int) -> bytes:
    """A file that was sent -> its first `most` bytes, at least one. Raises PhotoError."""
    try:
        return read_start(path, most)
    except ValueError as error:
        raise PhotoError(str(error)) from error


def _decode(
    picture: Image.Image, settings: PhotoSettings, side: int | None, draft: bool = False
) -> Photo:
    columns, rows = picture.size
    if columns * rows > settings.max_pixels:
        raise PhotoError(_too_large(settings))
    if not columns * rows:
        raise PhotoError("The picture has no pixels.")
    try:
        _draft(picture, side if draft else None)
        picture.load()
        orientation = orientation_of(picture)
        small = reduce_for_colours(picture, side)
        upright = small.transpose(TURNS[orientation]) if orientation in TURNS else small
        pixels = np.asarray(to_rgb(upright))
    except Exception as error:  # decoders raise whatever they like: SyntaxError, struct.error, ...
        damaged = "The picture is damaged or incomplete, so it cannot be read."
        raise PhotoError(_reason(error, damaged, columns * rows)) from error
    width, height = (rows, columns) if orientation in LYING else (columns, rows)
    return Photo(pixels, width, height)


def _reason(error: Exception, damaged: str, pixels: int) -> str:
    """What a decoder raised at a picture of so many pixels -> the sentence for the sender."""
    said = str(error).lower()
    if isinstance(error, MemoryError) or "memory" in said:
        return NO_MEMORY
    if isinstance(error, NotImplementedError) or "not available" in said or "unsupported" in said:
        return UNSUPPORTED
    return damaged if has_room(pixels) else NO_MEMORY


def _draft(picture: Image.Image, side: int | None) -> None:
    """Tell the JPEG decoder that an eighth, quarter or half of the size will do, where it will."""
    if side is None or picture.format not in DRAFTED:
        return
    shrink = side / max(picture.size)
    picture.draft(None, (max(1, int(picture.width * shrink)), max(1, int(picture.height * shrink))))


def _from_array(array: np.ndarray) -> Image.Image:
    """Grey, RGB or RGBA numbers of any depth -> 8-bit picture."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise PhotoError(
            f"An array should be (rows, columns) or (rows, columns, 3 or 4), got {array.shape}."
        )
    if array.dtype.kind not in "bfiu":
        raise PhotoError(f"An array should hold numbers, got {array.dtype}.")
    return Image.fromarray(np.ascontiguousarray(to_8_bit(array)))


def _too_large(settings: PhotoSettings) -> str:
    return f"The photo has more than the {settings.max_pixels / 1e6:g} megapixels allowed."
