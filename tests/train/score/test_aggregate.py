"""train.score's counts: corrections, intervals that hold, and a self-contained page."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from face_gender.model_folder import open_model
from face_gender.settings import ModelSettings
from face_gender.shares import correct_counts, read_confusion
from train.score.aggregate import EVERY, Counted, count_table
from train.score.report import write_report
from train.score.worker import count, write_rows

TWO, THREE = ("Male", "Female"), ("a", "b", "c")
CONFUSION = np.array([[2082, 515], [388, 1941]])


def row(number: int, label: str, male: float, age: str | None = "20-29") -> dict:
    box = {"left": 0, "top": 0, "right": 9, "bottom": 9}
    face = {"face": 1, **box, "confidence": 0.99, "label": label, "Male": male, "Female": 1 - male}
    return {"photo": f"{number}.jpg", "status": "ok", "age": age, **face}


def write(folder: Path, rows: list[dict]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(rows, TWO, ("age",), count(0, rows, 1.0), folder / "00000000.parquet")


def test_no_face_is_no_share(tmp_path):
    assert correct_counts(Counter(), TWO, CONFUSION) == []
    write(
        tmp_path,
        [
            {"photo": "a", "status": "no_face", "age": None},
            {"photo": "b", "status": "error: <b>", "age": "1"},
        ],
    )
    counted = count_table(tmp_path, TWO, ("age",))
    assert counted.statuses == {"no_face": 1, "error: <b>": 1}
    assert counted.decided == {}


def test_counts_by_column(tmp_path):
    rows = [
        row(0, "Male", 0.9),
        row(1, "uncertain", 0.45),
        row(2, "Female", 0.1, "<i>"),
        row(3, "Male", 0.8, None),
    ]
    write(tmp_path, rows)
    counted = count_table(tmp_path, TWO, ("age",))
    assert counted.faces == 4
    assert counted.decided[EVERY][EVERY] == {"Male": 2, "uncertain": 1, "Female": 1}
    assert counted.best["age"] == {
        "20-29": {"Male": 1, "Female": 1},
        "<i>": {"Female": 1},
        "unknown": {"Male": 1},
    }
    assert counted.confidences.sum() == 4
    assert counted.confidences[11] == 1


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
    male, female = correct_counts(guesses, TWO, CONFUSION)
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
        found = correct_counts(
            Counter(dict(zip(labels, counts.tolist(), strict=True))), labels, confusion
        )[0]
        held += found.interval[0] <= truth[0] <= found.interval[1]
        uncorrected += found.guessed.interval[0] <= truth[0] <= found.guessed.interval[1]
    assert 180 <= held <= 200
    assert uncorrected < 100


def test_guesses_that_say_nothing_are_not_corrected():
    assert correct_counts(Counter(Male=5, Female=5), TWO, np.array([[50, 50], [50, 50]])) == []
    assert correct_counts(Counter(Male=5, Female=5), TWO, np.array([[50, 50], [0, 0]])) == []
    shares = correct_counts(Counter(Male=100), TWO, CONFUSION)
    assert [each.share for each in shares] == [1, 0]
    assert shares[0].interval == (1, 1)


@pytest.mark.parametrize("confusion", [[[4, 1], [1, 4]], [[7, 3], [3, 7]], [[1, 0], [0, 1]]])
def test_a_small_test_leaves_a_wide_interval(confusion):
    male, female = correct_counts(Counter(Male=60, Female=40), TWO, np.array(confusion))
    assert male.interval[0] <= male.share <= male.interval[1]
    assert male.share + female.share == pytest.approx(1)
    assert male.interval[1] - male.interval[0] > 0.3


def test_confusion_is_read_by_class_name(small_model, tmp_path):

    assert read_confusion(open_model(ModelSettings(str(small_model)))) is None
    bundled = open_model()
    figures = json.loads((bundled.folder / "metrics.json").read_text())
    found = read_confusion(bundled)
    assert found.sum() == figures["found"]["n"]
    assert found[bundled.labels.index("Male")].sum() == sum(
        figures["found"]["confusion"][figures["labels"].index("Male")]
    )


def test_page_and_figures(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        row(at, "Male" if score > 0.5 else "Female", score, "<i>")
        for at, score in enumerate(rng.random(300).round(3))
    ]
    write(
        tmp_path / "rows",
        [*rows, {"photo": "x", "status": "error: The <file> is empty.", "age": None}],
    )

    model = open_model()
    write_report(count_table(tmp_path / "rows", model.labels, ("age",)), model, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<i>" not in page.split("</style>")[1].replace('<i style="', "")
    assert "The &lt;file&gt; is empty." in page
    assert "Rogan and Gladen" in page
    assert "http" not in page
    assert page.count("Male, corrected") >= 1
    figures = json.loads((tmp_path / "report.json").read_text())
    group = figures["groups"]["age"]["<i>"]
    assert group["n"] == 300
    assert sum(each["n"] for each in group["decided"].values()) == 300
    assert group["corrected"]["Male"]["share"] + group["corrected"]["Female"][
        "share"
    ] == pytest.approx(1)
    write_report(Counted(), model, tmp_path)
    assert "No face was found" in (tmp_path / "report.html").read_text()
