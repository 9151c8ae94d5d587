"""Guesses of a model -> the shares that are most likely true, by the model's known confusion."""

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np

from .hub import METRICS
from .model_folder import Model
from .result import Count, count_labels

DRAWS = 4000  # for an interval
LEAST_DETERMINANT = (
    0.05  # of the rates: nearer to 0 the guesses say next to nothing about the truth
)
JEFFREYS = 0.5  # added to every count of the test: a class of which it saw no error has some too
SINGULAR = 1e-6  # determinant of a draw that cannot be inverted
MIDDLE = (0.025, 0.975)  # quantiles around 95 % of the draws

Interval = tuple[float, float]


@dataclass(frozen=True)
class Corrected:
    """A class's share by best guesses and as the truth most likely is, with 95 % intervals."""

    label: str
    guessed: Count
    share: float
    interval: Interval


def read_confusion(model: Model) -> np.ndarray | None:
    """A model -> how it called the found faces of its test, (classes, classes), true by row.

    None where the model does not say.
    """
    path = model.folder / METRICS
    if not path.is_file():
        return None
    figures = json.loads(path.read_text(encoding="utf-8"))
    known = set(figures.get("labels", ())) == set(model.labels)
    if not known or "confusion" not in figures.get("found", {}):
        return None
    order = [figures["labels"].index(label) for label in model.labels]
    return np.array(figures["found"]["confusion"])[np.ix_(order, order)]


def correct_counts(
    best: Counter[str], labels: tuple[str, ...], confusion: np.ndarray
) -> list[Corrected]:
    """Best guesses of many faces, and the model's confusion -> each class's corrected share.

    See correct_shares; the guesses are drawn from a multinomial. Empty where they say too little.
    """
    counts = np.array([best[label] for label in labels])
    if not counts.sum():
        return []
    shares = counts / counts.sum()
    drawn = np.random.default_rng(0).multinomial(counts.sum(), shares, DRAWS) / counts.sum()
    found = correct_shares(shares, drawn, confusion)
    guessed = count_labels(best.elements(), labels)
    return [
        Corrected(label, guess, share, interval)
        for label, guess, (share, interval) in zip(labels, guessed, found, strict=False)
    ]


def correct_shares(
    shares: np.ndarray, drawn: np.ndarray, confusion: np.ndarray
) -> list[tuple[float, Interval]]:
    """Shares of guesses and the model's confusion -> each class's true share, and its interval.

    drawn: (draws, classes) shares that the guesses could have had as well

    With two classes the estimator of Rogan and Gladen (1978, Am. J. Epidemiol. 107), in machine
    learning known as adjusted classify and count (Forman 2008, Data Min. Knowl. Disc. 17); with
    more, the confusion matrix is inverted (Saerens et al. 2002, Neural Comput. 14). Intervals: the
    95 % in the middle of what a bootstrap gives, of the guesses and of the test's own confusion.
    Shares below 0 are set to 0. Empty where the guesses say too little about the truth.
    It holds as far as each class is mistaken here as often as in the test.
    """
    if not confusion.sum(axis=1).all() or np.linalg.det(_rates(confusion)) < LEAST_DETERMINANT:
        return []
    rng = np.random.default_rng(0)
    rates = np.stack([rng.dirichlet(row + JEFFREYS, len(drawn)) for row in confusion], axis=1)
    clear = np.abs(np.linalg.det(rates)) > SINGULAR
    if clear.sum() < len(drawn) / 2:
        return []
    low, high = np.quantile(_invert(drawn[clear], rates[clear]), MIDDLE, axis=0)
    true = _invert(shares[None], _rates(confusion)[None])[0]
    return [
        (float(share), (float(least), float(most)))
        for share, least, most in zip(true, low, high, strict=True)
    ]


def _rates(confusion: np.ndarray) -> np.ndarray:
    """Counts, true by row -> how often each class is called each, rows sum to 1."""
    return confusion / confusion.sum(axis=1, keepdims=True)


def _invert(guesses: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """(n, classes) shares of guesses, (n, classes, classes) rates -> (n, classes) true shares.

    Each in 0..1; they sum to 1.
    """
    shares = np.linalg.solve(rates.transpose(0, 2, 1), guesses[:, :, None])[:, :, 0].clip(0)
    return shares / shares.sum(axis=1, keepdims=True)
