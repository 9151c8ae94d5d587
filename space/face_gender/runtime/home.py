"""A HOME that is missing or read-only -> caches in a temporary folder of this process."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

CACHE = "huggingface"  # what the Hub's clients call theirs
NO_HOME = "HOME is not set"
WHY_NOT = "{caches} cannot be written to"
KEPT = "{why}, so downloads are kept for this run only: set HF_HOME to a folder to keep them."

_unkept: list[str] = []  # why nothing is kept, where that is so


def find_home() -> None:
    """Keep HOME and the caches if writable or filled with models; else use a temporary folder.

    Libraries read these variables at import, and some cannot be imported without a home.
    """
    found = os.path.expanduser("~")  # noqa: PTH111 (Path raises where there is none)
    home = None if found == "~" else Path(found)
    given = os.environ.get("XDG_CACHE_HOME")
    caches = Path(given) if given else home and home / ".cache"
    if caches and home and ((caches / CACHE).is_dir() or can_write(caches / CACHE)):
        return
    scratch = tempfile.mkdtemp(prefix="face-gender-cache-")
    atexit.register(_remove, scratch, os.getpid())
    os.environ["XDG_CACHE_HOME"] = scratch
    if home is None or not home.is_dir():
        os.environ["HOME"] = scratch
    if not os.environ.get("HF_HOME"):
        _unkept.append(WHY_NOT.format(caches=caches) if caches else NO_HOME)


def can_write(folder: Path) -> bool:
    """Whether a folder, which need not exist, can be made and written to; leaves nothing."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    try:
        with tempfile.TemporaryDirectory(dir=there):
            return True
    except OSError:
        return False


def cannot_keep() -> str:
    """Nothing -> a sentence on what is not kept and how to keep it; empty where everything is."""
    return KEPT.format(why=_unkept[0]) if _unkept else ""


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # not in a process that was forked from this one
        shutil.rmtree(folder, ignore_errors=True)
