"""Scores and true labels -> accuracy, calibration, risk-coverage, with intervals; training too."""

from dataclasses import dataclass

import numpy as np

Z95 = 1.959964  # of the normal distribution


@dataclass(frozen=True)
class ClassFigures:
    """One class: precision, recall and F1 in 0..1, and how many faces truly are of it."""

    precision: float
    recall: float
    f1: float
    n: int


@dataclass(frozen=True)
class Bin:
    """Faces of similar confidence: their mean, the share that is right with its interval, and n."""

    confidence: float
    accuracy: float
    interval: tuple[float, float]
    n: int


def wilson(right: int, n: int) -> tuple[float, float]:
    """Right out of n -> 95 % interval of the share (Wilson 1927); (0, 1) for no face."""
    if not n:
        return 0.0, 1.0
    share, z2 = right / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def confidence_and_right(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, classes) scores and n labels -> the winning score and whether it is right, n each."""
    return scores.max(axis=1), scores.argmax(axis=1) == labels


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Confidence 0..1 and right or wrong, n each -> ECE over bins of equal mass; 0 for no face."""
    gaps = [
        abs(confidence[part].sum() - right[part].sum()) for part in _equal_mass(confidence, bins)
    ]
    return float(sum(gaps) / max(1, len(confidence)))


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> list[Bin]:
    """Confidence 0..1 and right or wrong, n each -> non-empty bins of equal mass, ascending."""
    parts = [part for part in _equal_mass(confidence, bins) if len(part)]
    return [
        Bin(
            float(confidence[part].mean()),
            float(right[part].mean()),
            wilson(int(right[part].sum()), len(part)),
            len(part),
        )
        for part in parts
    ]


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Confidence and right or wrong, n each -> error rate of the k most confident, for k = 1..n."""
    wrong = ~right[np.argsort(-confidence, kind="stable")]
    return np.cumsum(wrong) / np.arange(1, len(wrong) + 1)


def thin_curve(risks: np.ndarray, points: int = 100) -> list[tuple[float, float]]:
    """Error rate of the k most confident, k = 1..n -> at most `points` of (coverage, risk).

    The last one is at coverage 1.
    """
    n = len(risks)
    ks = np.unique(np.linspace(1, n, min(points, n)).round().astype(int)) if n else np.empty(0, int)
    return [(float(k / n), float(risks[k - 1])) for k in ks]


def confusion(labels: np.ndarray, guesses: np.ndarray, classes: int) -> np.ndarray:
    """True and guessed class of n faces -> (classes, classes) counts, true by row."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, guesses), 1)
    return counts


def class_figures(counts: np.ndarray) -> list[ClassFigures]:
    """A confusion matrix -> each class's figures; 0 where nothing was guessed or there."""
    right = counts.diagonal()
    precision = right / np.maximum(1, counts.sum(axis=0))
    recall = right / np.maximum(1, counts.sum(axis=1))
    f1 = 2 * right / np.maximum(1, counts.sum(axis=0) + counts.sum(axis=1))
    rows = zip(
        precision.tolist(), recall.tolist(), f1.tolist(), counts.sum(axis=1).tolist(), strict=True
    )
    return [ClassFigures(*row) for row in rows]


def _equal_mass(confidence: np.ndarray, bins: int) -> list[np.ndarray]:
    return np.array_split(np.argsort(confidence, kind="stable"), bins)
