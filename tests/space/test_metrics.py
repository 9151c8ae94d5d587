"""measure: figures from scores and true labels."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from face_gender.metrics import (
    calibration_error,
    class_figures,
    confidence_and_right,
    confusion,
    reliability,
    risk_coverage,
    thin_curve,
    wilson,
)

NOTHING = np.empty(0), np.empty(0, bool)


def test_no_faces():
    assert calibration_error(*NOTHING) == 0
    assert reliability(*NOTHING) == []
    assert len(risk_coverage(*NOTHING)) == 0
    assert confusion(np.empty(0, int), np.empty(0, int), 2).tolist() == [[0, 0], [0, 0]]
    assert [figures.f1 for figures in class_figures(np.zeros((2, 2), int))] == [0, 0]


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (0, 0, 0, 1),
        (0, 10, 0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson(right, n, low, high):
    assert wilson(right, n) == pytest.approx((low, high), abs=1e-4)


def test_figures_are_those_of_scikit_learn():
    chance = np.random.default_rng(0)
    labels, guesses = chance.integers(0, 3, 200), chance.integers(0, 3, 200)
    counts = confusion(labels, guesses, 3)
    np.testing.assert_array_equal(counts, confusion_matrix(labels, guesses))
    expected = precision_recall_fscore_support(labels, guesses)
    found = [(each.precision, each.recall, each.f1, each.n) for each in class_figures(counts)]
    np.testing.assert_allclose(np.array(found).T, expected)


def test_calibration_of_known_scores():
    confidence = np.repeat([0.6, 0.9], 50)
    right = np.concatenate([np.arange(50) < 30, np.arange(50) < 40])  # 60 % and 80 % right
    assert calibration_error(confidence, right, bins=2) == pytest.approx(0.05)
    low, high = reliability(confidence, right, bins=2)
    assert (low.confidence, low.accuracy, low.n) == (pytest.approx(0.6), 0.6, 50)
    assert (high.confidence, high.accuracy) == (pytest.approx(0.9), 0.8)
    assert high.interval[0] < 0.8 < high.interval[1]


def test_risk_coverage_goes_from_the_best_confidence():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    confidence, right = confidence_and_right(scores, np.array([0, 0, 1]))
    assert right.tolist() == [True, False, True]
    np.testing.assert_allclose(risk_coverage(confidence, right), [0, 0, 1 / 3])


@pytest.mark.parametrize(("n", "points"), [(0, 0), (1, 1), (7, 7), (1000, 100)])
def test_thin_curve_ends_at_full_coverage(n, points):
    risks = np.linspace(0, 0.2, n)
    curve = thin_curve(risks)
    assert len(curve) == points
    if n:
        assert curve[-1] == (1.0, pytest.approx(risks[-1]))
