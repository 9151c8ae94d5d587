"""What speaks against a model: a majority that its interval holds, and better baselines."""

import json

import pytest

from face_gender.metrics import wilson
from train.evaluate.findings import OURS, find, read_baselines, sentences


def figures_of(confusion: list[list[int]]) -> dict:
    right, n = confusion[0][0] + confusion[1][1], sum(map(sum, confusion))
    whole = {"accuracy": right / n, "interval": list(wilson(right, n)), "n": n}
    return {"labels": ["Male", "Female"], "all": {**whole, "confusion": confusion}}


@pytest.mark.parametrize(
    ("confusion", "said"),
    [
        ([[24, 1], [2, 23]], ""),
        (
            [[25, 0], [25, 0]],
            "may be no better than always answering Male, which is right on 50.0 %",
        ),
        (
            [[1, 1], [1, 40]],
            "may be no better than always answering Female, which is right on 95.3 %",
        ),
        ([[2, 23], [20, 55]], "is worse than always answering Female, which is right on 75.0 %"),
        ([[0, 0], [1, 49]], "All 50 test photos are Female"),
    ],
)
def test_the_majority_of_the_test_is_what_a_model_has_to_beat(confusion, said):
    figures = figures_of(confusion)
    found = sentences(figures | {"findings": find(figures, [])})
    assert len(found) == bool(said)
    assert said in " ".join(found)


def test_figures_of_before_say_nothing():
    assert sentences(figures_of([[1, 0], [0, 1]])) == []


def test_a_baseline_that_is_right_more_often_is_named(tmp_path):
    path = tmp_path / "comparison.json"
    assert read_baselines(path, "a") == []
    rows = [
        {"model": OURS, "accuracy": 0.9, "n": 100, "onnx_sha256": "a"},
        {"model": "small CNN", "accuracy": 0.9, "n": 100},
        {"model": "eigenfaces and SVM", "accuracy": 0.95, "n": 100},
    ]
    path.write_text(json.dumps(rows))
    assert read_baselines(path, "b") == []
    figures = figures_of([[45, 5], [5, 45]])
    figures["findings"] = find(figures, read_baselines(path, "a"))
    assert sentences(figures) == [
        "The baseline eigenfaces and SVM is better: right on 95.0 % of the same 100 photos, "
        "this model on 90.0 %."
    ]
