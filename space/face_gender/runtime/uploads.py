"""A folder for uploads that belongs to one process; nothing stays in it, whatever goes wrong."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..settings import PageSettings, from_environment

NAME = "face-gender-uploads-"  # of the folder, before the number of its process
PURGE_EVERY = 60.0  # seconds
UNFINISHED = 3  # times as long: what lies in the folder itself is still arriving or waits for more


@contextmanager
def own_folder() -> Iterator[Path]:
    """Nothing -> the folder, which Gradio uses if imported later: purged by age, gone in the end.

    Gradio purges only what it knows of: not uploads that broke off, what tools sent, or what came
    before a kill. What a dead process left behind is removed here too.
    Raises ValueError where it cannot be made.
    """
    kept_seconds = from_environment(PageSettings).kept_seconds
    base = Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
    folder = base / f"{NAME}{os.getpid()}"
    for left in base.glob(f"{NAME}*"):
        process = left.name.removeprefix(NAME)
        if process.isdecimal() and (
            left == folder or not _is_alive(process)
        ):  # other folders are not ours
            shutil.rmtree(left, ignore_errors=True)
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise ValueError(
            f"Uploads need a folder that can be written to: set GRADIO_TEMP_DIR, for {base} cannot."
        ) from error
    os.environ["GRADIO_TEMP_DIR"] = tempfile.tempdir = str(folder)
    stopped = threading.Event()
    threading.Thread(target=_purge_often, args=(folder, kept_seconds, stopped), daemon=True).start()
    try:
        yield folder
    finally:
        stopped.set()
        shutil.rmtree(folder, ignore_errors=True)


def purge(folder: Path, kept_seconds: float) -> None:
    """Remove what is older below a folder, or much older in it: files, then empty folders."""
    for place, folders, files in os.walk(
        folder, topdown=False
    ):  # which does not mind folders that go meanwhile
        longest = kept_seconds * (UNFINISHED if Path(place) == folder else 1)
        for name in (*files, *folders):
            path = Path(place, name)
            try:
                if (
                    abs(time.time() - path.stat().st_ctime) <= longest
                ):  # its sign changes where the clock jumps
                    continue
                path.rmdir() if path.is_dir() else path.unlink()
            except OSError:  # not empty, or gone already
                continue


def keep(paths: Iterable[Path]) -> None:
    """Have the time that uploads are kept begin anew; those that are gone stay gone."""
    for path in paths:
        with suppress(OSError, ValueError):
            os.utime(path)


def _purge_often(folder: Path, kept_seconds: float, stopped: threading.Event) -> None:
    while not stopped.wait(min(PURGE_EVERY, kept_seconds)):
        purge(folder, kept_seconds)


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
