"""Figures -> lines of a report."""

import numpy as np

Line = tuple[str, str]  # what, and what was seen of it


def slope(x: np.ndarray, y: np.ndarray, block: int = 10) -> tuple[float, float, float]:
    """Points in order -> their slope and its 95 % interval: least squares over block means."""
    count = max(3, len(x) // block)
    x, y = (np.array([part.mean() for part in np.array_split(values, count)]) for values in (x, y))
    fitted, offset = np.polyfit(x, y, 1)
    spread = np.sqrt(
        ((y - fitted * x - offset) ** 2).sum() / (count - 2) / ((x - x.mean()) ** 2).sum()
    )
    return fitted, fitted - 1.96 * spread, fitted + 1.96 * spread


def percentiles(seconds: list[float]) -> str:
    """Times -> the few that tell how they lie."""
    found = np.percentile(seconds, (50, 90, 99, 100))
    return "median {:.2f} s, 90 % {:.2f}, 99 % {:.2f}, most {:.2f}".format(*found)


def hold(held: bool, seen: object) -> None:
    """What must hold."""
    if not held:
        raise AssertionError(str(seen)[-2000:])
