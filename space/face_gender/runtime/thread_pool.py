"""Pieces of work -> done, in order, by as many threads as are idle."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar
from weakref import WeakSet

Piece = TypeVar("Piece")
Done = TypeVar("Done")


class SharedPool:
    """Threads that help one caller at a time; a second one works alone, faster for both.

    A forked process starts threads of its own; a pickled pool is only its number of threads.
    """

    def __init__(self, threads: int) -> None:
        """threads: how many work on one caller's pieces; with 1 every caller works alone."""
        self.threads = threads
        self._start()
        _POOLS.add(self)

    def __reduce__(self) -> tuple[type["SharedPool"], tuple[int]]:
        return SharedPool, (self.threads,)

    def map(self, work: Callable[[Piece], Done], pieces: Iterable[Piece]) -> list[Done]:
        """Every piece's outcome, in order."""
        waiting = list(pieces)
        with self._lock:
            self._callers += 1
            alone = self._callers == 1
        try:
            helped = self._pool if alone and len(waiting) > 1 else None
            return list(helped.map(work, waiting) if helped else map(work, waiting))
        finally:
            with self._lock:
                self._callers -= 1

    def _start(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self._callers = 0
        self._lock = Lock()


_POOLS: WeakSet[SharedPool] = WeakSet()


def _restart() -> None:
    for team in list(_POOLS):
        team._start()


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(after_in_child=_restart)
