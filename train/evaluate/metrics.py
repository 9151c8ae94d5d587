"""Labels and scores -> figures, as metrics of the `evaluate` library that need no download."""

from collections.abc import Sequence
from typing import Any

import evaluate
import numpy as np
from datasets import Features, Value
from datasets import Sequence as Series
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from face_gender.metrics import calibration_error, confidence_and_right, risk_coverage


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
    """Precision, recall and F1 of each class, and their macro averages; 0 for an absent class."""

    def _compute(
        self, predictions: Sequence[int], references: Sequence[int], classes: int
    ) -> dict[str, Any]:
        figures = precision_recall_fscore_support(
            references, predictions, labels=range(classes), zero_division=0
        )[:3]
        named = dict(zip(("precision", "recall", "f1"), figures, strict=True))
        macro = {f"macro_{name}": float(values.mean()) for name, values in named.items()}
        return {**{name: values.tolist() for name, values in named.items()}, **macro}


class CalibrationError(_Metric):
    """Expected calibration error (Naeini et al. 2015), in 15 bins of equal mass.

    It is the mean |accuracy - mean confidence| of the bins, weighted by mass.
    """

    inputs = Series(Value("float64"))

    def _compute(
        self, predictions: Sequence[Sequence[float]], references: Sequence[int]
    ) -> dict[str, float]:
        confidence, right = confidence_and_right(np.array(predictions), np.array(references))
        return {"ece": calibration_error(confidence, right)}


class RiskCoverage(_Metric):
    """Area under the risk-coverage curve (Geifman and El-Yaniv 2017).

    It is the error of the k most confident faces, averaged over every k.
    """

    inputs = Series(Value("float64"))

    def _compute(
        self, predictions: Sequence[Sequence[float]], references: Sequence[int]
    ) -> dict[str, float]:
        confidence, right = confidence_and_right(np.array(predictions), np.array(references))
        return {"aurc": float(risk_coverage(confidence, right).mean())}
