"""train.score's counts: corrections, intervals that hold, and a self-contained page."""

import json
from pathlib import Path

import numpy as np
import pytest

from face_gender.model_folder import open_model
from face_gender.settings import VERSION
from train.score.aggregate import EVERY, Counted, count_table
from train.score.report import write_report
from train.score.worker import count, write_rows

TWO = ("Male", "Female")


def row(number: int, label: str, male: float, age: str | None = "20-29") -> dict:
    box = {"left": 0, "top": 0, "right": 9, "bottom": 9}
    face = {"face": 1, **box, "confidence": 0.99, "label": label, "Male": male, "Female": 1 - male}
    return {"photo": f"{number}.jpg", "status": "ok", "age": age, **face}


def write(folder: Path, rows: list[dict]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(rows, TWO, ("age",), count(0, rows, 1.0), folder / "00000000.parquet")


def test_no_face_is_no_share(tmp_path):
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


def test_page_and_figures(tmp_path):
    """Of two ages, one of which the bundled model's test had."""
    rng = np.random.default_rng(0)
    rows = [
        row(at, "Male" if score > 0.5 else "Female", score, "<i>" if at % 3 else "3-9")
        for at, score in enumerate(rng.random(300).round(3))
    ]
    write(
        tmp_path / "rows",
        [*rows, {"photo": "x", "status": "error: The <file> is empty.", "age": None}],
    )

    model = open_model()
    write_report(count_table(tmp_path / "rows", model.labels, ("age",)), model, tmp_path, "<my>")
    page = (tmp_path / "report.html").read_text()
    body = page.split("</style>")[1].replace('<i style="', "")
    assert "<i>" not in body
    assert "<my>" not in body
    assert "The &lt;file&gt; is empty." in page
    assert (
        "300 faces; no photo without one, 1 photo that could not be read. Data: &lt;my&gt;." in page
    )
    assert model.revision in page
    assert VERSION in page
    assert "Rogan and Gladen" in page
    assert "http" not in page
    assert page.count("Male, corrected") >= 1
    assert (page.count("3-9, guessed"), page.count("3-9, corrected")) == (1, 1)
    assert (page.count("&lt;i&gt;, guessed"), page.count("&lt;i&gt;, corrected")) == (1, 0)
    figures = json.loads((tmp_path / "report.json").read_text())
    assert {name: figures[name] for name in ("data", "model", "version")} == {
        "data": "<my>",
        "model": "bundled",
        "version": VERSION,
    }
    young, other = (figures["groups"]["age"][name] for name in ("3-9", "<i>"))
    assert (young["n"], other["n"]) == (100, 200)
    assert sum(each["n"] for each in other["decided"].values()) == 200
    assert sum(each["share"] for each in young["corrected"].values()) == pytest.approx(1)
    assert (other["corrected"], other["difference"]) == ({}, {})
    assert set(young["difference"]) == {"Male", "Female"}
    write_report(Counted(), model, tmp_path, "none")
    assert "No face was found" in (tmp_path / "report.html").read_text()
