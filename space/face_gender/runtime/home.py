"""A HOME that is missing or cannot be written to -> caches in a folder of this process, gone when it ends."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

CACHE = "huggingface"  # what the Hub's clients call theirs
KEPT = "What is downloaded is kept for this run only, for {folder} cannot be written to: set HF_HOME to a folder that can."

_unkept: list[Path] = []  # the folder that should have held caches, where it cannot


def find_home() -> None:
    """Leave HOME and the caches as they are where they can be written to, or hold models already; else use a temporary folder.

    Libraries read these variables when they are imported, and some cannot be imported without a home.
    """
    home = Path("~").expanduser() if os.path.expanduser("~") != "~" else Path("/")  # noqa: PTH111 (Path raises without one)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    if can_write(caches / CACHE) or (caches / CACHE).is_dir():
        return
    scratch = tempfile.mkdtemp(prefix="face-gender-cache-")
    atexit.register(_remove, scratch, os.getpid())
    os.environ["XDG_CACHE_HOME"] = scratch
    if home == Path("/") or not home.is_dir():
        os.environ["HOME"] = scratch
    if not os.environ.get("HF_HOME"):
        _unkept.append(caches)


def can_write(folder: Path) -> bool:
    """Whether a folder, which need not be there yet, can be made and written to; nothing is left behind."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    try:
        with tempfile.TemporaryDirectory(dir=there):
            return True
    except OSError:
        return False


def cannot_keep() -> str:
    """Nothing -> one sentence for people on what is not kept, and how to keep it; empty where all is."""
    return KEPT.format(folder=_unkept[0]) if _unkept else ""


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # not in a process that was forked from this one
        shutil.rmtree(folder, ignore_errors=True)
