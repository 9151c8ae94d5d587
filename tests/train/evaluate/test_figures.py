"""figures and compare: what is computed of scores and labels."""

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from train.evaluate.compare import Answers, bootstrap, compare_models, mcnemar, to_markdown
from train.evaluate.figures import (
    band_of,
    by_group,
    group_columns,
    perfect_error,
    share_right,
    summarize,
)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("unknown", "unknown"),
        ("0-2", "0-2"),
        ("2", "0-2"),
        ("3-9", "3-9"),
        ("10-19", "10-19"),
        ("20", "20 and over"),
    ]
    + [("more than 70", "20 and over")],
)
def test_age_bands(age, band):
    assert band_of(age) == band


def test_share_of_none_has_no_accuracy():
    assert share_right(np.array([], bool)) == {"accuracy": None, "n": 0, "interval": [0.0, 1.0]}
    figure = share_right(np.array([True] * 9 + [False]))
    assert figure["accuracy"] == 0.9
    assert figure["interval"][0] < 0.9 < figure["interval"][1]


def test_a_perfect_model_has_some_error_by_chance():
    low, high = perfect_error(np.full(3000, 0.9))
    assert 0 < low < high < 0.04
    assert perfect_error(np.ones(5)) == (0.0, 0.0)
    assert perfect_error(np.full(100, 0.9))[1] > high


@pytest.fixture
def rows() -> Dataset:
    features = Features(
        {
            "label": ClassLabel(names=["M", "F"]),
            "race": ClassLabel(names=["A", "B"]),
            "age": Value("int64"),
            "file": Value("string"),
            "one": Value("string"),
            "place": Value("large_string"),
        }
    )
    made = {
        "label": [0, 1] * 20,
        "race": [0, 0, 1, 1] * 10,
        "age": list(range(40)),
        "file": [str(n) for n in range(40)],
    }
    return Dataset.from_dict(
        made | {"one": ["x"] * 40, "place": ["in", "out"] * 20}, features=features
    )


def test_columns_of_few_values_make_groups(rows):
    assert set(group_columns(rows)) == {"label", "race", "place", "age band"}


def test_rows_of_which_a_column_says_nothing_make_a_group(rows):
    numbers = [None, -1, *rows["race"][2:]]
    rows = rows.remove_columns("race").add_column(
        "race", numbers, feature=ClassLabel(names=["A", "B"])
    )
    assert set(group_columns(rows)["race"][:4]) == {"unknown", "B"}


def test_groups_by_name_with_misses(rows):
    right = np.array(rows["label"]) == 1
    missed = np.arange(40) < 4
    groups = by_group(rows, right, np.ones(40, bool), missed)
    assert set(groups) == {
        name for one in ("race", "place", "age band") for name in ("label", one, f"label x {one}")
    }
    assert list(groups["age band"]) == ["0-2", "3-9", "10-19", "20 and over"]
    assert groups["label"]["F"]["accuracy"] == 1
    assert groups["label"]["M"]["accuracy"] == 0
    assert {name: each["n"] for name, each in groups["label x race"].items()} == dict.fromkeys(
        ["F A", "F B", "M A", "M B"], 10
    )
    assert sum(each["missed"] for each in groups["race"].values()) == 4
    assert groups["race"]["A"]["coverage"] == 1


def test_summary():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.3, 0.7]])
    labels = np.array([0, 1, 1, 1])
    figures = summarize(scores, labels, threshold=0.7)
    (compared,) = compare_models({"it": Answers(scores, labels)})
    assert compared["interval"] == figures["interval"]  # one kind for one figure
    assert figures["accuracy"] == 0.75
    assert figures["confusion"] == [[1, 0], [1, 2]]
    assert figures["coverage"] == 0.75
    assert figures["covered"]["accuracy"] == pytest.approx(2 / 3)


def test_a_class_that_is_absent_keeps_its_place():
    figures = summarize(
        np.array([[0.1, 0.8, 0.1], [0.2, 0.1, 0.7]]), np.array([1, 2]), threshold=0.5
    )
    assert [figures[name] for name in ("precision", "recall", "f1")] == [[0, 1, 1]] * 3


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        ([], [], 1.0),
        ([1, 1, 0], [1, 1, 0], 1.0),
        ([1] * 10, [0] * 10, 2 / 1024),
        ([1, 0], [0, 1], 1.0),
    ],
)
def test_mcnemar_counts_where_they_differ(one, other, p):
    assert mcnemar(np.array(one, bool), np.array(other, bool)) == pytest.approx(p)


def test_bootstrap_holds_the_mean():
    low, high = bootstrap(np.array([1.0] * 80 + [0.0] * 20))
    assert 0.70 < low < 0.8 < high < 0.89
    assert bootstrap(np.ones(5)) == [1.0, 1.0]


def test_comparison_is_against_the_first():
    labels = np.array([0, 1] * 50)
    good = np.stack([1 - labels, labels], axis=1) * 0.8 + 0.1
    assert compare_models({}) == []
    rows = compare_models({"good": Answers(good, labels), "bad": Answers(good[:, ::-1], labels)})
    assert rows[0]["accuracy"] == 1
    assert "p" not in rows[0]
    assert rows[1]["difference"] == -1
    assert rows[1]["p"] < 1e-6
    table = to_markdown(rows).splitlines()
    assert len(table) == 4
    assert all(line.count("|") == 9 for line in table)
