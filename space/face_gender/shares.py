"""Guesses of a model -> the shares that are most likely true, by the model's known confusion."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .model_files import METRICS
from .model_folder import Model
from .result import Count, count_labels

DRAWS = 4000  # for an interval
LEAST_DETERMINANT = (
    0.05  # of the rates: nearer to 0 the guesses say next to nothing about the truth
)
JEFFREYS = 0.5  # added to every count that is drawn: what was seen of no face may be of some
SINGULAR = 1e-6  # determinant of a draw that cannot be inverted
MIDDLE = (0.025, 0.975)  # quantiles around 95 % of the draws
OWN_TEST = "the model’s own test"

Interval = tuple[float, float]
Confusions = dict[str, dict[str, np.ndarray]]  # by column and group; true by row


@dataclass(frozen=True)
class Estimate:
    """A share as the truth most likely is, with its 95 % interval."""

    share: float
    interval: Interval


@dataclass(frozen=True)
class Share:
    """A class's share of many faces, by best guesses and corrected for the model's known errors.

    corrected: None where these errors are not known, or the guesses say too little about the truth
    """

    label: str
    guessed: Count
    corrected: Estimate | None


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a model's errors; empty where nothing is.

    confusion: (classes, classes) counts, true by row; groups: the same by column and group
    tested: on what it was counted, for people
    """

    confusion: np.ndarray | None = None
    groups: Confusions = field(default_factory=dict)
    tested: str = OWN_TEST


@dataclass(frozen=True, eq=False)
class Truth:
    """Shares as they most likely are, (classes,), and what they could be as well, (n, classes)."""

    shares: np.ndarray
    drawn: np.ndarray


def known_errors(model: Model) -> Known:
    """A model -> what its metrics.json says of its errors."""
    figures = _read_figures(model)
    return Known(_confusion(figures, model), _group_confusions(figures, model))


def read_confusion(model: Model) -> np.ndarray | None:
    """A model -> how it called the found faces of its test, (classes, classes), true by row.

    None where the model does not say.
    """
    return _confusion(_read_figures(model), model)


def _confusion(figures: dict[str, Any], model: Model) -> np.ndarray | None:
    if "confusion" not in figures.get("found", {}):
        return None
    order = [figures["labels"].index(label) for label in model.labels]
    return np.array(figures["found"]["confusion"])[np.ix_(order, order)]


def _group_confusions(figures: dict[str, Any], model: Model) -> Confusions:
    """Of two classes only: of more, the figures say how many it took for others, not for which."""
    groups = figures.get("groups", {})
    if len(model.labels) != 2:
        return {}
    known = {
        column: {group: _group_confusion(group, crossed, model.labels) for group in groups[column]}
        for column in groups
        if (crossed := groups.get(f"label x {column}"))
    }
    return {
        column: {group: counts for group, counts in found.items() if counts.sum(axis=1).all()}
        for column, found in known.items()
    }


def _group_confusion(group: str, crossed: dict[str, Any], labels: Sequence[str]) -> np.ndarray:
    counts = np.zeros((2, 2), int)
    for at, label in enumerate(labels):
        figure = crossed.get(f"{label} {group}", {"n": 0})
        right = round(figure["accuracy"] * figure["n"]) if figure["n"] else 0
        counts[at, at], counts[at, 1 - at] = right, figure["n"] - right
    return counts


def _read_figures(model: Model) -> dict[str, Any]:
    """A model -> its metrics.json; empty where it has none, or none of its own classes."""
    path = model.folder / METRICS
    if not path.is_file():
        return {}
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures if set(figures.get("labels", ())) == set(model.labels) else {}


def estimate_shares(
    best: Counter[str], labels: Sequence[str], confusion: np.ndarray | None
) -> list[Share]:
    """Best guesses of many faces -> each class's share, guessed and, if it can be, corrected.

    Empty without a face.
    """
    return shares_of(best, labels, find_truth(best, labels, confusion))


def shares_of(best: Counter[str], labels: Sequence[str], truth: Truth | None) -> list[Share]:
    """Best guesses of many faces and the true shares, if they are known -> each class's share."""
    if not best.total():
        return []
    corrected = estimates_of(truth) if truth else [None] * len(labels)
    guessed = count_labels(best.elements(), labels)
    return [Share(*each) for each in zip(labels, guessed, corrected, strict=False)]


def find_truth(
    best: Counter[str], labels: Sequence[str], confusion: np.ndarray | None, seed: int = 0
) -> Truth | None:
    """Best guesses of many faces -> their true shares, as correct_shares finds them.

    The guesses' shares are drawn from what is known of them (Jeffreys' prior). None where the
    confusion is not known, or the guesses say too little.
    """
    counts = np.array([best[label] for label in labels])
    if confusion is None or not counts.sum():
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.dirichlet(counts + JEFFREYS, DRAWS)
    return correct_shares(counts / counts.sum(), drawn, confusion, rng)


def correct_shares(
    shares: np.ndarray,
    drawn: np.ndarray,
    confusion: np.ndarray,
    rng: np.random.Generator | None = None,
) -> Truth | None:
    """Shares of guesses and the model's confusion -> the true shares.

    drawn: (draws, classes) shares that the guesses could have had as well

    With two classes the estimator of Rogan and Gladen (1978, Am. J. Epidemiol. 107), in machine
    learning known as adjusted classify and count (Forman 2008, Data Min. Knowl. Disc. 17); with
    more, the confusion matrix is inverted (Saerens et al. 2002, Neural Comput. 14). Each draw
    inverts a confusion that the test could have shown as well, so that intervals hold the error of
    the sample and of the test. Shares below 0 are set to 0. None where the guesses say too little
    about the truth. It holds as far as each class is mistaken here as often as in the test.
    """
    if not confusion.sum(axis=1).all() or np.linalg.det(_rates(confusion)) < LEAST_DETERMINANT:
        return None
    rng = rng or np.random.default_rng(0)
    rates = np.stack([rng.dirichlet(row + JEFFREYS, len(drawn)) for row in confusion], axis=1)
    clear = np.abs(np.linalg.det(rates)) > SINGULAR
    if clear.sum() < len(drawn) / 2:
        return None
    true = _invert(shares[None], _rates(confusion)[None])[0]
    return Truth(true, _invert(drawn[clear], rates[clear]))


def estimates_of(truth: Truth) -> list[Estimate]:
    """True shares -> each with the 95 % in the middle of its draws."""
    low, high = np.quantile(truth.drawn, MIDDLE, axis=0)
    found = zip(truth.shares, low, high, strict=True)
    return [Estimate(float(share), (float(least), float(most))) for share, least, most in found]


def say_why(shares: Sequence[Share], known: Known) -> str:
    """Shares and what corrected them -> one sentence on why there are two numbers, or one."""
    if known.confusion is None:
        return "Shares are as guessed: how often this model is wrong about each class is not known."
    if not all(share.corrected for share in shares):
        return "Shares are as guessed: this model’s guesses say too little to correct them."
    return (
        "Guesses favour the class that is mistaken less often; corrected shares take back how "
        f"often each class was mistaken in {known.tested} ({known.confusion.sum():,} faces), and "
        "their 95 % intervals hold chance here and there."
    )


def _rates(confusion: np.ndarray) -> np.ndarray:
    """Counts, true by row -> how often each class is called each, rows sum to 1."""
    return confusion / confusion.sum(axis=1, keepdims=True)


def _invert(guesses: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """(n, classes) shares of guesses, (n, classes, classes) rates -> (n, classes) true shares.

    Each in 0..1; they sum to 1.
    """
    shares = np.linalg.solve(rates.transpose(0, 2, 1), guesses[:, :, None])[:, :, 0].clip(0)
    return shares / shares.sum(axis=1, keepdims=True)
