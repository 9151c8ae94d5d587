"""Results as tables, pages and pictures."""

import csv
import io
import json
import tracemalloc

import numpy as np
import pytest

from face_gender.drawing import COLOURS, GREY
from face_gender.faces import Face
from face_gender.photo import Photo, PhotoError
from face_gender.report.html import to_figure, to_html
from face_gender.report.tables import COLUMNS, to_csv, to_json, to_record, to_rows, to_text
from face_gender.result import Result, ScoredFace
from face_gender.runtime.files import write_text

LABELS = ("Male", "Female")


def result(*labels: str, width: int = 400, height: int = 300) -> Result:
    crop = np.zeros((8, 8, 3), np.uint8)
    scores = {"Male": 0.25, "Female": 0.75}
    faces = tuple(
        ScoredFace(
            Face((10.0 + 90 * number, 20.0, 80.0 + 90 * number, 120.0), 0.98765, ()),
            crop,
            scores,
            label,
        )
        for number, label in enumerate(labels)
    )
    return Result(
        Photo(np.full((height, width, 3), 40, np.uint8), width, height),
        faces,
        0.7,
        "model",
        "v1",
        LABELS,
    )


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (result(), ["no_face"]),
        (PhotoError("It is torn."), ["error: It is torn."]),
        (result("Male", "uncertain"), ["ok", "ok"]),
    ],
)
def test_rows(outcome, statuses):
    rows = to_rows("a.jpg", outcome)
    assert [row["status"] for row in rows] == statuses
    assert {row["photo"] for row in rows} == {"a.jpg"}


def test_csv_has_the_documented_columns_in_order():
    text = to_csv(to_rows("ä.jpg", result("Female")) + to_rows("b.jpg", PhotoError("No.")), LABELS)
    header, face, error = csv.reader(io.StringIO(text))
    assert header == [*COLUMNS, *LABELS]
    assert face == [
        "ä.jpg",
        "ok",
        "1",
        "10.0",
        "20.0",
        "80.0",
        "120.0",
        "0.9877",
        "Female",
        "0.25",
        "0.75",
    ]
    assert error == ["b.jpg", "error: No.", *[""] * 9]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM", "\tx", "\rx"])
def test_formulas_are_defused(name):
    (row,) = csv.DictReader(io.StringIO(to_csv(to_rows(name, result()), LABELS)))
    assert row["photo"] == "'" + name


def test_classes_called_as_formulas_are_defused_in_the_header():
    row = next(
        csv.DictReader(
            io.StringIO(to_csv([{"photo": "a.jpg", "=1+1": 0.9, "b": 0.1}], ["=1+1", "b"]))
        )
    )
    assert list(row) == [*COLUMNS, "'=1+1", "b"]
    assert row["'=1+1"] == "0.9"


def test_record_is_the_result_with_name_and_status():
    assert to_record("a.jpg", result("Male")) == {
        "photo": "a.jpg",
        "status": "ok",
        **result("Male").to_dict(),
    }
    assert to_record("a.jpg", PhotoError("No.")) == {"photo": "a.jpg", "status": "error: No."}


def test_text_lines_up():
    lines = to_text(
        to_rows("a", result()) + to_rows("a longer name", result("Male")), LABELS
    ).splitlines()
    assert lines[0].index("status") == lines[1].index("no_face") == lines[2].index("ok")


def test_page_escapes_names_and_needs_nothing_else():
    figures = [
        to_figure("<script>.jpg", result("uncertain")),
        to_figure("b&.jpg", PhotoError("<torn>")),
    ]
    page = "".join(to_html(figures, "2 photos"))
    assert "<script>" not in page
    assert "&lt;torn&gt;" in page
    assert "http" not in page
    assert page.count("<figure") == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_in_pieces_is_that_of_the_whole_list(count):
    records = [to_record("\u2028é", result("Male")), to_record("b", PhotoError("No.")), {}][:count]
    assert "".join(to_json(records)) == json.dumps(records, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    "write",
    [
        lambda figures: to_html(figures, "many"),
        lambda figures: to_json({"figure": figure} for figure in figures),
    ],
)
def test_what_is_written_is_never_held_whole(tmp_path, write):
    tracemalloc.start()
    write_text(tmp_path / "t", write("x" * 1_000_000 for _ in range(30)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "t").stat().st_size > 30_000_000
    assert most < 10_000_000


def test_boxes_are_drawn_in_the_colour_of_the_decision():
    picture = np.asarray(result("Male", "Female", "uncertain").draw())
    assert picture.shape == (300, 400, 3)
    for number, colour in enumerate([COLOURS[0], COLOURS[1], GREY]):
        pixel = picture[120, 75 + 90 * number]
        assert "#" + "".join(f"{value:02X}" for value in pixel) == colour


def test_large_photos_are_drawn_small():
    assert result("Male", width=3000, height=2000).draw(side=300).size == (300, 200)
