"""A job on a cluster, simulated as events."""

import heapq
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """A simulated job: its seconds, and the load of workers, engine and store, 0..1."""

    seconds: float
    workers: float
    engine: float
    store: float


def simulate(
    workers: int, pieces: int, piece_seconds: float, engine: float, store: float, seed: int = 0
) -> Outcome:
    """A job as events: engine and store hand out pieces one by one, workers read ahead.

    piece_seconds: of a worker, give or take a tenth; engine, store: pieces a second
    """
    rng = np.random.default_rng(seed)
    work = piece_seconds * rng.normal(1, 0.1, pieces).clip(0.5, 2)
    free = [0.0] * workers
    given = sent = 0.0
    for seconds in work:
        start = max(heapq.heappop(free), given)
        given = start + 1 / engine
        sent = max(sent, start) + 1 / store
        heapq.heappush(free, max(given + seconds, sent))
    end = max(free)
    return Outcome(
        end, float(work.sum()) / (workers * end), pieces / engine / end, pieces / store / end
    )
