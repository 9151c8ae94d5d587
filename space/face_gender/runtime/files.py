"""Files, read with the reason where they cannot be, and written whole or not at all."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from .terminal import is_stream, own_output

FULL = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
)  # what a write raises on a full disk, or over a quota or limit
HALF = ".part"  # the suffix of what is being written; a kill may leave one behind


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A file's path -> a path beside it to write to, renamed when the block ends, else removed.

    Links are followed and stay links. Threads, processes and machines may write one path at once:
    the last one wins. Survives a kill at any moment; a power
    cut may bring the old file back (nothing waits for the disk).
    """
    path = path.resolve()
    beside = path.with_name(f".{uuid4().hex}{HALF}")  # hidden from readers of the folder as a table
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_start(path: Path, most: int) -> bytes:
    """A file's path -> its first `most` bytes, at least one.

    Raises ValueError with one sentence for who sent the file.
    """
    content = None
    try:
        if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (Path hides what a name is)
            with path.open("rb") as file:
                content = file.read(most)
    except FileNotFoundError as error:
        raise ValueError("There is no such file.") from error
    except OSError as error:
        raise ValueError(f"The file cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ValueError("The file's name cannot be used.") from error
    if content is None:  # a pipe might never end
        raise ValueError("This is a folder or a device, not a file.")
    if not content:
        raise ValueError("The file is empty.")
    return content


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Write a text, or its pieces, as UTF-8, whole or not at all; a stream gets it as it comes."""
    pieces = [text] if isinstance(text, str) else text
    if is_stream(path):  # nothing to rename
        write_stream(path, pieces)
        return
    with atomic_write(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.writelines(pieces)


def write_stream(path: Path, pieces: Iterable[str]) -> None:
    """Write to a terminal, pipe, device or own output; a reader that leaves has read enough."""
    number = own_output(path)
    try:
        with open(path if number is None else os.dup(number), "w", encoding="utf-8") as stream:  # noqa: PTH123
            stream.writelines(pieces)
    except BrokenPipeError:
        return
