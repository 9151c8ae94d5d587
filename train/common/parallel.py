"""A function and many jobs -> results in order, computed on every core."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from typing import Any

WORTH_A_PROCESS = 6  # jobs; fewer are done in this process


def in_all_cores(
    function: Callable[..., Any], fixed: tuple[Any, ...], jobs: Sequence[Any]
) -> Iterator[Any]:
    """Jobs -> `function(*fixed, job)` of each, in order, by one process a core.

    `fixed` is sent to each process once. Starting a process takes seconds.
    """
    if len(jobs) < WORTH_A_PROCESS:
        yield from (function(*fixed, job) for job in jobs)
        return
    pool = ProcessPoolExecutor(
        os.cpu_count(), get_context("spawn"), _start_worker, (partial(function, *fixed),)
    )
    try:
        with _without_interrupts():
            running = deque(pool.submit(_work, job) for job in jobs)
        while running:
            yield running.popleft().result()
    except BaseException:
        for process in active_children():  # their files are written whole or not at all
            process.terminate()
        raise
    finally:
        pool.shutdown()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C, which a terminal sends to all; we end them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_job_of: Callable[[Any], Any]


def _start_worker(job_of: Callable[[Any], Any]) -> None:
    """End with the parent, even a killed one: a new run may own the folder by then."""
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
