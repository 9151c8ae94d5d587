"""published: what a model says of its own test."""

import json

import numpy as np
import pytest

from face_gender.published_metrics import read_published
from train.evaluate.figures import share_right, summarize

FIGURE = {"accuracy": 0.9, "n": 100, "interval": [0.82, 0.95]}
WHOLE = {**FIGURE, "ece": 0.01, "coverage": 0.8, "covered": {"accuracy": 0.97}}
LEAST = {"threshold": 0.7, "all": WHOLE}


def test_no_figures(tmp_path):
    assert read_published(tmp_path) is None


@pytest.mark.parametrize(
    "figures",
    [
        [],
        {},
        "no",
        {"all": WHOLE},
        {**LEAST, "threshold": 7},
        {**LEAST, "groups": {"age": {"0-2": {}}}},
        {**LEAST, "groups": 3},
    ],
)
def test_another_form_is_no_figures(tmp_path, figures):
    (tmp_path / "metrics.json").write_text(json.dumps(figures))
    assert read_published(tmp_path) is None


def test_least_and_most(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps(LEAST))
    published = read_published(tmp_path)
    assert (published.whole.share, published.covered, published.groups, published.curve) == (
        0.9,
        0.97,
        {},
        [],
    )
    empty = {"accuracy": None, "n": 0, "interval": [0, 1]}
    each = {"confidence": 0.9, **FIGURE}
    most = {
        **LEAST,
        "missed": 3,
        "groups": {"age": {"0-2": FIGURE, "3-9": empty}},
        "all": {**WHOLE, "reliability": [each], "risk_coverage": [[0.5, 0.0], [1, 0.1]]},
    }
    (tmp_path / "metrics.json").write_text(json.dumps(most))
    published = read_published(tmp_path)
    assert [bar.name for bar in published.groups["age"]] == ["0-2"]
    assert published.reliability[0].confidence == 0.9
    assert published.curve == [(0.5, 0.0), (1.0, 0.1)]
    assert published.missed == 3


def test_the_headline_is_of_every_photo(tmp_path):
    found = {**WHOLE, "accuracy": 0.95, "n": 90}
    (tmp_path / "metrics.json").write_text(
        json.dumps({**LEAST, "found": found, "misses_as_errors": FIGURE, "missed": 10})
    )
    published = read_published(tmp_path)
    assert (published.whole.share, published.whole.n, published.missed) == (0.9, 100, 10)
    assert (published.with_misses.share, published.with_misses.n) == (0.9, 100)


def test_figures_that_evaluation_writes(tmp_path):
    labels = np.arange(40) % 2
    scores = np.stack([0.9 - 0.7 * labels, 0.1 + 0.7 * labels], axis=1)
    scores[:4] = scores[:4, ::-1]
    whole = summarize(scores, labels, 0.85)
    mask = {**share_right(labels == 0), "bare_accuracy": 0.9, "same_label": 0.9}
    figures = {
        "threshold": 0.85,
        "all": whole,
        "missed": 1,
        "groups": {"label": {"F": share_right(labels == 0)}},
    }
    (tmp_path / "metrics.json").write_text(json.dumps({**figures, "robustness": {"mask": mask}}))
    published = read_published(tmp_path)
    assert (published.whole.share, published.coverage) == (0.9, 0.5)
    assert sum(each.n for each in published.reliability) == 40
    assert published.curve[-1] == (1.0, pytest.approx(0.1))
    assert [bar.name for bar in published.groups["circumstance"]] == ["mask"]
