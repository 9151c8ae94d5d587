"""What stages share: one sentence for what a person can mend, a check of the disk, work in all cores."""

import os
import re
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import Any

from PIL import Image

from face_gender.runtime.files import FULL, atomic_write
from face_gender.runtime.home import cannot_keep
from face_gender.runtime.terminal import as_command

from ..settings import parse

WORTH_A_PROCESS = 6  # jobs
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
MAKERS = {  # a stage's file -> the stage, in their order
    "faces.json": "crops",
    "config.json": "fit",
    "preprocessor_config.json": "fit",
    "model.safetensors": "fit",
    "model.onnx": "export",
    "metrics.json": "evaluate",
    "README.md": "card",
}
GO_ON = "Start the same command again to go on; what was finished is kept."


class StageError(ValueError):
    """A stage cannot do its work; the message is one sentence for whoever started it."""


def run_stage(stage: Callable[..., None], *kinds: type[Any], arguments: list[str] | None = None) -> None:
    """Command line -> settings -> the stage's work; an error or Ctrl-C ends it with one sentence."""
    try:
        with as_command(GO_ON):
            if unkept := cannot_keep():
                print(unkept, file=sys.stderr)
            stage(*parse(*kinds, arguments=arguments))
    except StageError as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.exit("The disk is full: free some space and start the stage again, it goes on where it stopped.")


def run_first(stage: str, folder: Path) -> str:
    """A stage and the folder it writes -> the words that tell a person to run it."""
    own = folder.name in (stage, "model", "crops")
    return f"run `make {stage}{f' OUT={shlex.quote(str(folder.parent))}' if own else ''}` first"


def check_made(folder: Path, *files: str) -> None:
    """Raises StageError where a stage's folder lacks a file; names the stage that makes it."""
    for name in files:
        if not (folder / name).is_file():
            raise StageError(f"There is no {folder / name}: {run_first(MAKERS[name], folder)}.")


def check_checkpoint(name: str) -> None:
    """Raises StageError where a checkpoint's name is a path, and no model lies there."""
    path = Path(name)
    if not path.is_dir() and (path.parent.is_dir() or not HUB_NAME.fullmatch(name)) and "/" in name:
        raise StageError(f"There is no model in {name}: {run_first('fit', path)}, or name another.")


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as beside:
        picture.save(beside, "PNG")


def check_disk(folder: Path, needed: float) -> None:
    """Raises StageError where fewer than `needed` bytes are free for `folder`, which need not be there yet."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise StageError(f"{folder} needs about {needed / 1e6:,.1f} MB, but only {free / 1e6:,.1f} MB are free on its disk.")


def in_all_cores(function: Callable[..., Any], fixed: tuple[Any, ...], jobs: Sequence[Any]) -> Iterator[Any]:
    """`function(*fixed, job)` of each job, in order, by as many processes as there are cores; `fixed` travels once.

    Few jobs are done here: a process takes seconds to start.
    """
    if len(jobs) < WORTH_A_PROCESS:
        yield from (function(*fixed, job) for job in jobs)
        return
    pool = ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _start_worker, (partial(function, *fixed),))
    try:
        with _without_interrupts():
            done = pool.map(_work, jobs)
        yield from done
    except BaseException:
        for process in active_children():  # what they work on is written whole or not at all
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started inside never see Ctrl-C, which a terminal sends to all: we end them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_job_of: Callable[[Any], Any]


def _start_worker(job_of: Callable[[Any], Any]) -> None:
    """A worker ends with its parent, even one that was killed: nobody writes into a folder that a new run owns."""
    global _job_of
    _job_of = job_of
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _work(job: Any) -> Any:
    return _job_of(job)
