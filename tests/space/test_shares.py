"""shares: what the truth most likely is, with intervals that hold it."""

import json
from collections import Counter

import numpy as np
import pytest

from face_gender.model_folder import open_model
from face_gender.settings import ModelSettings
from face_gender.shares import (
    Known,
    estimate_shares,
    known_errors,
    read_confusion,
    say_why,
)

TWO, THREE = ("Male", "Female"), ("a", "b", "c")
CONFUSION = np.array([[2082, 515], [388, 1941]])


def test_no_face_is_no_share():
    assert estimate_shares(Counter(), TWO, CONFUSION) == []


def test_two_classes_are_rogan_and_gladen():
    """p = (q + specificity - 1) / (sensitivity + specificity - 1), and their variance."""
    n, tested = 20_000, CONFUSION.sum(axis=1)
    guesses = Counter({"Male": 9_000, "Female": 11_000})
    q, sensitivity, specificity = 0.45, CONFUSION[0, 0] / tested[0], CONFUSION[1, 1] / tested[1]
    youden = sensitivity + specificity - 1
    share = (q + specificity - 1) / youden
    variance = q * (1 - q) / n + share**2 * sensitivity * (1 - sensitivity) / tested[0]
    variance = (
        variance + (1 - share) ** 2 * specificity * (1 - specificity) / tested[1]
    ) / youden**2
    male, female = (each.corrected for each in estimate_shares(guesses, TWO, CONFUSION))
    assert male.share == pytest.approx(share, abs=1e-9)
    assert male.share + female.share == pytest.approx(1)
    reach = 1.959964 * np.sqrt(variance)
    assert male.interval == pytest.approx((share - reach, share + reach), abs=0.003)


@pytest.mark.parametrize(
    ("labels", "truth", "rates"),
    [
        (TWO, (0.3, 0.7), ((0.8, 0.2), (0.17, 0.83))),
        (THREE, (0.5, 0.3, 0.2), ((0.8, 0.15, 0.05), (0.1, 0.8, 0.1), (0.05, 0.15, 0.8))),
    ],
)
def test_intervals_hold_the_truth(labels, truth, rates):
    """Of 200 data sets with known rates, about 95 % of the intervals hold the true share."""
    rng = np.random.default_rng(0)
    held = uncorrected = 0
    for _ in range(200):
        confusion = np.stack([rng.multinomial(800, each) for each in rates])
        counts = rng.multinomial(3000, np.array(truth) @ np.array(rates))
        best = Counter(dict(zip(labels, counts.tolist(), strict=True)))
        found = estimate_shares(best, labels, confusion)[0]
        low, high = found.corrected.interval
        held += low <= truth[0] <= high
        uncorrected += found.guessed.interval[0] <= truth[0] <= found.guessed.interval[1]
    assert 180 <= held <= 200
    assert uncorrected < 100


@pytest.mark.parametrize(
    ("confusion", "said"),
    [
        (None, "how often this model is wrong about each class is not known"),
        ([[50, 50], [50, 50]], "say too little to correct them"),
        ([[50, 50], [0, 0]], "say too little to correct them"),
    ],
)
def test_guesses_that_say_nothing_are_not_corrected(confusion, said):
    known = None if confusion is None else np.array(confusion)
    shares = estimate_shares(Counter(Male=5, Female=5), TWO, known)
    assert [(each.guessed.share, each.corrected) for each in shares] == [(0.5, None)] * 2
    assert said in say_why(shares, Known(known))


def test_many_faces_of_one_class_leave_room_for_the_other():
    male, female = estimate_shares(Counter(Male=100), TWO, CONFUSION)
    assert (male.corrected.share, female.corrected.share) == (1, 0)
    assert male.corrected.interval[1] == 1
    assert 0.85 < male.corrected.interval[0] <= 1
    said = say_why([male, female], Known(CONFUSION, tested="your own check"))
    assert "mistaken in your own check (4,926 faces)" in said


@pytest.mark.parametrize("confusion", [[[4, 1], [1, 4]], [[7, 3], [3, 7]], [[1, 0], [0, 1]]])
def test_a_small_test_leaves_a_wide_interval(confusion):
    best = Counter(Male=60, Female=40)
    male, female = (each.corrected for each in estimate_shares(best, TWO, np.array(confusion)))
    assert male.interval[0] <= male.share <= male.interval[1]
    assert male.share + female.share == pytest.approx(1)
    assert male.interval[1] - male.interval[0] > 0.3


def test_confusion_is_read_by_class_name(small_model):
    unmeasured = open_model(ModelSettings(str(small_model)))
    assert (read_confusion(unmeasured), known_errors(unmeasured).groups) == (None, {})
    bundled = open_model()
    figures = json.loads((bundled.folder / "metrics.json").read_text())
    found = read_confusion(bundled)
    assert found.sum() == figures["found"]["n"]
    assert found[bundled.labels.index("Male")].sum() == sum(
        figures["found"]["confusion"][figures["labels"].index("Male")]
    )


def test_confusion_of_groups_is_what_each_class_of_them_was_called():
    bundled = open_model()
    groups = json.loads((bundled.folder / "metrics.json").read_text())["groups"]
    found = known_errors(bundled).groups
    assert list(found) == ["age", "race", "age band"]
    assert list(found["race"]) == list(groups["race"])
    for group, counts in found["race"].items():
        right = groups["race"][group]["accuracy"] * groups["race"][group]["n"]
        assert counts.trace() == pytest.approx(right)
        for at, label in enumerate(bundled.labels):
            assert counts[at].sum() == groups["label x race"][f"{label} {group}"]["n"]
