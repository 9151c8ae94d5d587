"""For pages of figures: where they were measured, and lines of one width."""

import os
import platform
from pathlib import Path
from textwrap import fill


def processor() -> str:
    """The processor's name and how many cores of it there are."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


def system() -> str:
    """Its operating system and Python."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def wrapped(text: str) -> str:
    """A paragraph -> the same in lines of at most 100 columns."""
    return fill(text, 100, break_long_words=False, break_on_hyphens=False)
