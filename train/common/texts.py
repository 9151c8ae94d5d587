"""What a person typed or pasted -> a path or an address."""

from pathlib import Path

QUOTES = "\"'\u201c\u201d\u2018\u2019"


def unquote(text: str) -> str:
    """A pasted path or address -> the same without spaces and quotes around it."""
    text = text.strip()
    while len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES:
        text = text[1:-1].strip()
    return text


def given_path(text: str) -> Path:
    """A path that a person typed or pasted -> the path as written if it exists, else unquoted."""
    path = Path(text)
    return path if path.exists() else Path(unquote(text)).expanduser()
