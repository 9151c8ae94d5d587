"""Best guesses by group -> each group's shares, and how far they are from the largest group's."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .result import Count
from .shares import MIDDLE, Estimate, Share, Truth, find_truth, shares_of

UNKNOWN = "unknown"  # the group of what has none


@dataclass(frozen=True)
class Difference:
    """How far a class's share in a group is above its share in the largest, with 95 % intervals.

    corrected: None unless both groups' shares are
    """

    label: str
    guessed: Estimate
    corrected: Estimate | None


@dataclass(frozen=True)
class Group:
    """A group of faces: its shares by class, and their differences; the largest group has none."""

    name: str
    faces: int
    shares: list[Share]
    differences: list[Difference]


def compare_groups(
    best: Mapping[str, Counter[str]], labels: Sequence[str], confusions: Mapping[str, np.ndarray]
) -> list[Group]:
    """Best guesses by group -> the groups, in natural order.

    confusions: of each group that the model's test had; the others' shares stay as guessed, since
    errors differ more between groups than a correction by everyone's could mend
    """
    best = {name: counts for name, counts in best.items() if counts.total()}
    if not best:
        return []
    names = natural_order(best)
    truths = {
        name: find_truth(best[name], labels, confusions.get(name), seed)
        for seed, name in enumerate(names)  # groups are independent, and so are their draws
    }
    shares = {name: shares_of(best[name], labels, truths[name]) for name in names}
    largest = max(names, key=lambda name: best[name].total())

    def compared(name: str) -> list[Difference]:
        if name == largest:
            return []
        return _compare(shares[name], shares[largest], truths[name], truths[largest])

    return [Group(name, best[name].total(), shares[name], compared(name)) for name in names]


def _compare(
    here: list[Share], there: list[Share], truth: Truth | None, other: Truth | None
) -> list[Difference]:
    corrected = _difference(truth, other) if truth and other else [None] * len(here)
    return [
        Difference(one.label, newcombe(one.guessed, two.guessed), each)
        for one, two, each in zip(here, there, corrected, strict=True)
    ]


def newcombe(one: Count, other: Count) -> Estimate:
    """Two counts -> the difference of their shares, -1..1 (Newcombe 1998, Stat. Med. 17, no. 10).

    Its interval is made of the two Wilson intervals.
    """
    gap = one.share - other.share
    below = np.hypot(one.share - one.interval[0], other.interval[1] - other.share)
    above = np.hypot(one.interval[1] - one.share, other.share - other.interval[0])
    return Estimate(gap, (float(gap - below), float(gap + above)))


def _difference(one: Truth, other: Truth) -> list[Estimate]:
    n = min(len(one.drawn), len(other.drawn))
    low, high = np.quantile(one.drawn[:n] - other.drawn[:n], MIDDLE, axis=0)
    found = zip(one.shares - other.shares, low, high, strict=True)
    return [Estimate(float(gap), (float(least), float(most))) for gap, least, most in found]


def natural_order(names: Iterable[str]) -> list[str]:
    """Names -> them with numbers by size: "3-9" before "10-19"."""
    return sorted(names, key=_natural_key)


def _natural_key(name: str) -> list[int | str]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
