"""A text saved by any program -> str; no other module decodes text."""

import codecs
from pathlib import Path

MARKS = (  # byte order marks; a longer one before its prefix
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(path: Path) -> str:
    """A text file in UTF-8, UTF-16 or Excel's cp1252 -> its text, with Unix line ends.

    Raises OSError if it cannot be read, and ValueError if it is not text.
    """
    return decode(path.read_bytes(), str(path))


def decode(content: bytes, name: str) -> str:
    """A text file's bytes -> its text, with Unix line ends. Raises ValueError if not text."""
    start, marked = next((one for one in MARKS if content.startswith(one[0])), (b"", ""))
    for encoding in (marked,) if marked else guesses(content):
        try:
            text = content[len(start) :].decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ValueError(f"{name} is not a text file: save it as text, in UTF-8.")


def guesses(content: bytes) -> tuple[str, ...]:
    """Bytes without a byte order mark -> encodings to try; UTF-16 is half zeros."""
    start = content[:1000]
    if start.count(0) > len(start) / 4:
        little = start[1::2].count(0) > start[::2].count(0)
        return ("utf-16-le", "utf-16-be") if little else ("utf-16-be", "utf-16-le")
    return ("utf-8", "cp1252", "latin-1")
