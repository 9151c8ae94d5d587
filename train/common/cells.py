"""A cell of a picture column, in any of its forms -> the picture file's bytes.

A cell holds bytes, a path, base64 text, or a struct of `bytes` and `path`, as `datasets` has it.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from face_gender.photo import PhotoError

from .texts import unquote

BASE64 = re.compile(r"[A-Za-z0-9+/_\s-]+={0,2}\s*")
JPEG = "/9j/"  # as base64 begins
SHORTEST_BASE64 = 100  # characters: no picture is shorter, and paths without a dot are
LONGEST_NAME = 300  # characters of a path that are shown


def read_cell(cell: Any, read_path: Callable[[str], bytes]) -> bytes:
    """A cell -> the picture file's bytes. Raises PhotoError if it names no picture.

    read_path: reads a path; raises PhotoError
    """
    found = text_or_bytes(cell)
    if isinstance(found, str):
        packed = from_base64(found)
        return read_path(found) if packed is None else packed
    if found is None:
        raise PhotoError("The row holds no photo.")
    return found


def text_or_bytes(cell: Any) -> str | bytes | None:
    """A cell -> its bytes, else its text, else None."""
    if isinstance(cell, dict):
        inside = cell.get("bytes")
        cell = cell.get("path") if inside is None else inside
    if isinstance(cell, str):
        return cell if cell.strip() else None
    return bytes(cell) if isinstance(cell, bytes | bytearray | memoryview) else None


def from_base64(text: str) -> bytes | None:
    """Base64, perhaps as a data URL -> its bytes; None for other text. Raises PhotoError."""
    head, comma, tail = text.partition(",")
    is_url = bool(comma) and head.strip().lower().startswith("data:")
    packed = tail if is_url else text
    is_path = text.startswith("/") and not text.startswith(JPEG)
    if not is_url and (is_path or len(text) < SHORTEST_BASE64 or not BASE64.fullmatch(text)):
        return None
    try:
        plain = "".join(packed.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise PhotoError("The row's base64 text is damaged.") from error


def find_file(text: str, folders: Sequence[Path]) -> Path:
    """A path as people write it -> its file: as written, else without quotes and with slashes.

    folders: where a relative path may start, the likeliest first
    A file that is in none of them is placed in the first, for the error message.
    """
    forms = dict.fromkeys((text, unquote(text), unquote(text).replace("\\", "/")))
    starts = [*folders] or [Path()]
    tried = [start / form for form in forms for start in starts]
    there = next((path for path in tried if is_file(path)), None)
    return there or starts[0] / list(forms)[-1]


def is_file(path: Path) -> bool:
    """Whether a path is a file's; a text too long for a name is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_local(path: Path) -> bytes:
    """A path -> its file's bytes. Raises PhotoError if it cannot be read."""
    try:
        if is_file(path) or not path.exists():  # reading a pipe might never end
            return path.read_bytes()
    except FileNotFoundError as error:
        raise no_such_file(str(path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PhotoError(f"The file {shortened(str(path))} cannot be read: {reason}.") from error
    raise PhotoError(f"{path} is a folder or a device, not a picture.")


def no_such_file(path: str) -> PhotoError:
    """The path that was tried -> the error that says so."""
    return PhotoError(f"There is no such file: {shortened(path)}")


def shortened(path: str) -> str:
    """A path -> the same, cut if it is very long."""
    return path if len(path) <= LONGEST_NAME else path[:LONGEST_NAME] + " ..."
