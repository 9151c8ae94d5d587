"""Labels and scores -> figures, as metrics of the `evaluate` library that need no download."""

from collections.abc import Sequence
from typing import Any

import evaluate
import numpy as np
from datasets import Features, Value
from datasets import Sequence as Series
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

Z95 = 1.959964  # of the normal distribution


class _Metric(evaluate.Metric):
    """A metric of this file; `inputs` says whether it reads labels or scores."""

    inputs: Any = Value("int64")

    def _info(self) -> evaluate.MetricInfo:
        features = Features({"predictions": self.inputs, "references": Value("int64")})
        return evaluate.MetricInfo(description=self.__doc__ or "", citation="", features=features)


class Accuracy(_Metric):
    """Share of labels that are right."""

    def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> dict[str, float]:
        return {"accuracy": float(accuracy_score(references, predictions))}


class PerClass(_Metric):
    """Precision, recall and F1 of each class, and their macro averages."""

    def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> dict[str, Any]:
        figures = precision_recall_fscore_support(references, predictions, zero_division=0)[:3]
        named = dict(zip(("precision", "recall", "f1"), figures, strict=True))
        macro = {f"macro_{name}": float(values.mean()) for name, values in named.items()}
        return {**{name: values.tolist() for name, values in named.items()}, **macro}


class CalibrationError(_Metric):
    """Expected calibration error (Naeini et al. 2015): 15 bins of equal mass, |accuracy - mean confidence| weighted by mass."""

    inputs = Series(Value("float64"))

    def _compute(self, predictions: Sequence[Sequence[float]], references: Sequence[int]) -> dict[str, float]:
        confidence, right = confidence_and_right(np.array(predictions), np.array(references))
        return {"ece": calibration_error(confidence, right)}


class RiskCoverage(_Metric):
    """Area under the risk-coverage curve (Geifman and El-Yaniv 2017): mean error of the k surest faces, over every k."""

    inputs = Series(Value("float64"))

    def _compute(self, predictions: Sequence[Sequence[float]], references: Sequence[int]) -> dict[str, float]:
        confidence, right = confidence_and_right(np.array(predictions), np.array(references))
        return {"aurc": float(risk_coverage(confidence, right).mean())}


def confidence_and_right(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, classes) scores and n labels -> the winning score and whether it is right, n each."""
    return scores.max(axis=1), scores.argmax(axis=1) == labels


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Confidence 0..1 and right or wrong, n each -> ECE over bins of equal mass."""
    order = np.argsort(confidence, kind="stable")
    gaps = [abs(confidence[part].sum() - right[part].sum()) for part in np.array_split(order, bins)]
    return float(sum(gaps) / len(confidence))


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Confidence and right or wrong, n each -> error rate of the k surest, for k = 1..n."""
    wrong = ~right[np.argsort(-confidence, kind="stable")]
    return np.cumsum(wrong) / np.arange(1, len(wrong) + 1)


def wilson(right: int, n: int) -> tuple[float, float]:
    """Right out of n -> 95 % interval of the share (Wilson 1927); (0, 1) for no face."""
    if not n:
        return 0.0, 1.0
    share, z2 = right / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return float(middle - reach), float(middle + reach)
