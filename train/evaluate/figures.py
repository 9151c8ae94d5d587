"""Scores and true labels -> the figures of metrics.json, whole and by group."""

import re
from dataclasses import asdict
from typing import Any

import numpy as np
from datasets import ClassLabel, Dataset, Value
from sklearn.metrics import confusion_matrix

from face_gender.groups import natural_order
from face_gender.metrics import confidence_and_right, reliability, risk_coverage, thin_curve, wilson

from ..data import LABEL, names_of
from .metrics import Accuracy, CalibrationError, PerClass, RiskCoverage

BINS = 15
TEXTS = (
    Value("string"),
    Value("large_string"),
)  # pandas 3 reads a CSV's text as the second
BANDS = ((20, "20 and over"), (10, "10-19"), (3, "3-9"), (0, "0-2"))  # least age in years, name
UNKNOWN = "unknown"  # group of rows without a value in a column
MOST_GROUPS = 30  # a column with more values does not make groups


def summarize(scores: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, Any]:
    """(n, classes) scores and n labels -> all their figures, with n and 95 % intervals."""
    guesses = scores.argmax(axis=1)
    confidence, right = confidence_and_right(scores, labels)
    covered = confidence >= threshold
    return {
        **share_right(right),
        **PerClass().compute(predictions=guesses, references=labels, classes=scores.shape[1]),
        **CalibrationError().compute(predictions=scores, references=labels),
        "ece_of_perfect": list(perfect_error(confidence)),
        **RiskCoverage().compute(predictions=scores, references=labels),
        "confusion": confusion_matrix(labels, guesses, labels=range(scores.shape[1])).tolist(),
        "coverage": float(covered.mean()),
        "covered": share_right(right[covered]),
        "reliability": [asdict(each) for each in reliability(confidence, right)],
        "risk_coverage": thin_curve(risk_coverage(confidence, right)),
    }


def share_right(right: np.ndarray) -> dict[str, Any]:
    """Whether each of n is right -> accuracy, n and the 95 % interval."""
    if not len(right):
        return {"accuracy": None, "n": 0, "interval": [0.0, 1.0]}
    figure = Accuracy().compute(predictions=right.astype(int), references=np.ones(len(right), int))
    return {**figure, "n": len(right), "interval": list(wilson(int(right.sum()), len(right)))}


def perfect_error(confidence: np.ndarray, draws: int = 1000) -> tuple[float, float]:
    """Confidences -> the 95 % range of ECE of perfectly calibrated models, by simulation."""
    ordered = np.sort(confidence)
    starts = np.cumsum([0, *(len(part) for part in np.array_split(ordered, BINS))])[:-1]
    starts = starts[starts < len(ordered)]
    right = np.random.default_rng(0).random((draws, len(ordered))) < ordered
    gaps = np.add.reduceat(right - ordered, starts, axis=1)
    low, high = np.quantile(np.abs(gaps).sum(axis=1) / len(ordered), (0.025, 0.975))
    return float(low), float(high)


def by_group(
    rows: Dataset, right: np.ndarray, covered: np.ndarray, missed: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Rows, and whether each is right, covered, missed -> figures by column and group."""
    columns = group_columns(rows)
    columns |= {
        f"{LABEL} x {name}": _pairs(columns[LABEL], values)
        for name, values in columns.items()
        if name != LABEL
    }
    return {
        name: {
            group: {
                **share_right(right[values == group]),
                "coverage": float(covered[values == group].mean()),
                "missed": int(missed[values == group].sum()),
            }
            for group in natural_order(set(values))
        }
        for name, values in columns.items()
    }


def group_columns(rows: Dataset) -> dict[str, np.ndarray]:
    """Rows -> the columns that make a few groups, as names: the label first, age also in bands."""
    columns = {LABEL: _named(rows, LABEL)}
    for name, feature in rows.features.items():
        if name != LABEL and (isinstance(feature, ClassLabel) or feature in TEXTS):
            columns[name] = _named(rows, name)
    if "age" in rows.features:
        columns["age band"] = np.array([band_of(age) for age in _named(rows, "age")])
    most = min(MOST_GROUPS, len(rows) // 2)  # more are names of the rows themselves
    return {
        name: values
        for name, values in columns.items()
        if name == LABEL or 1 < len(set(values)) <= most
    }


def band_of(age: str) -> str:
    """An age in years, or a range by its lower end -> its band."""
    number = re.search(r"\d+", age)
    return next(name for least, name in BANDS if int(number[0]) >= least) if number else UNKNOWN


def _named(rows: Dataset, column: str) -> np.ndarray:
    return np.array([name or UNKNOWN for name in names_of(rows, column)])


def _pairs(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.array([f"{one} {other}" for one, other in zip(ones, others, strict=True)])
