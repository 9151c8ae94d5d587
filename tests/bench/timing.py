"""Things to do -> how long each takes, and how their times stand to each other."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

LOW, HIGH = 2.5, 97.5  # percentiles of a 95 % interval
RESAMPLES = 2000
PAUSE = 0.1  # seconds


def take_turns(
    works: Mapping[str, Callable[[], list[float]]], rounds: int
) -> dict[str, np.ndarray]:
    """Works that return seconds -> what each took in `rounds` turns after a warm-up: (rounds, ...).

    They take turns, so that other load hits all alike; a pause before each lets the last one's
    threads stop waiting for work.
    """
    taken: dict[str, list[list[float]]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            time.sleep(PAUSE)
            taken[name].append(work())
    return {name: np.array(times[1:]) for name, times in taken.items()}


def seconds(work: Callable[[], object]) -> float:
    """By the wall's clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(
    slow: Sequence[float] | np.ndarray, fast: Sequence[float] | np.ndarray
) -> tuple[float, float, float]:
    """Seconds of two -> ratio of their medians, and its 95 % interval by drawing rounds anew."""
    slow, fast = np.asarray(slow), np.asarray(fast)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(slow), (RESAMPLES, len(slow)))
    ratios = np.median(slow[drawn], axis=1) / np.median(fast[drawn], axis=1)
    low, high = np.percentile(ratios, (LOW, HIGH))
    return float(np.median(slow) / np.median(fast)), float(low), float(high)


def say(times: tuple[float, float, float]) -> str:
    """A ratio with its interval -> `9.3x [8.8, 9.9]`."""
    middle, low, high = times
    return f"{middle:.1f}x [{low:.1f}, {high:.1f}]"
