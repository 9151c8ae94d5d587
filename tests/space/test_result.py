"""Results: at another threshold, smaller, counted, shown, drawn and as tables."""

import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from face_gender.model_folder import UNCERTAIN
from face_gender.result import count_labels, reason_of, relabel, shrink_photo, upright
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], [("Male", 0, 0), ("Female", 0, 0), (UNCERTAIN, 0, 0)]),
        (
            ["Female", "Male", "Female", UNCERTAIN],
            [("Male", 1, 0.25), ("Female", 2, 0.5), (UNCERTAIN, 1, 0.25)],
        ),
    ],
)
def test_counts(found, expected):
    counts = count_labels(found, ("Male", "Female"))
    assert [(count.label, count.n, count.share) for count in counts] == expected
    for count in counts:
        assert count.interval[0] <= count.share <= count.interval[1]


def test_threshold_decides_anew_and_says_why(reader, astronaut):
    result = reader.read(astronaut)
    score = max(result.faces[0].scores.values())
    above, below = relabel(result, score + 1e-6), relabel(result, score)
    assert (above.faces[0].label, above.threshold) == (UNCERTAIN, score + 1e-6)
    assert below.faces[0].label == max(result.faces[0].scores, key=result.faces[0].scores.get)
    assert reason_of(above.faces[0], above.threshold).endswith(": uncertain")
    assert "below" in reason_of(above.faces[0], above.threshold)
    assert reason_of(below.faces[0], below.threshold).endswith(f": {below.faces[0].label}")
    assert relabel(result, result.threshold).to_dict() == result.to_dict()
    scored, close = above.faces[0], 0.98765 + 1e-4
    scored = replace(scored, scores={"Male": 0.98765, "Female": 0.01235})
    assert reason_of(scored, close) == "Male 0.9877, below 0.9878: uncertain"


@pytest.mark.parametrize("turn", range(4))
def test_upright_turns_photo_and_boxes_alike(reader, astronaut, turn):
    lying = reader.read(np.ascontiguousarray(np.rot90(astronaut[:, :400], -turn)))
    assert lying.faces[0].face.turn == turn
    stood, straight = upright(lying), reader.read(astronaut[:, :400])
    np.testing.assert_array_equal(stood.photo.pixels, straight.photo.pixels)
    assert (stood.photo.width, stood.photo.height) == (400, 512)
    assert stood.faces[0].face.turn == 0
    np.testing.assert_allclose(stood.faces[0].face.box, straight.faces[0].face.box, atol=1)
    np.testing.assert_allclose(
        stood.faces[0].face.landmarks, straight.faces[0].face.landmarks, atol=1
    )
    assert upright(replace(lying, faces=())).photo is lying.photo


def test_shrinking_keeps_boxes_and_original_size(reader, astronaut):
    result = reader.read(astronaut)
    small = shrink_photo(result, 100)
    assert small.photo.pixels.shape == (100, 100, 3)
    assert small.to_dict() == result.to_dict()
    np.testing.assert_array_equal(shrink_photo(result, 9999).photo.pixels, result.photo.pixels)


@pytest.mark.parametrize("faces", [0, 1])
def test_what_a_result_says_of_itself(reader, astronaut, faces):
    result = reader.read(astronaut if faces else astronaut[300:])
    assert len(result) == len(list(result)) == faces
    said = r"<Result: (no faces|1 \w+) in 512 x \d+ px, threshold 0.60, model .* sha256:\w+>"
    assert re.fullmatch(said, repr(result))
    assert all(len(repr(each)) < 600 for each in (*result, result.photo))
    html = result._repr_html_()
    assert html.count("<tr>") == 1 + faces
    assert "data:image/jpeg" in html
    table = result.to_pandas()
    assert list(table)[:2] + list(table)[-3:] == ["face", "left", "label", *result.labels]
    assert table.to_dict("records") == result.face_rows()
    schema = (ROOT / "space" / "face_gender" / "result.schema.json").read_text(encoding="utf-8")
    Draft202012Validator(json.loads(schema)).validate(result.to_dict())


def test_a_table_without_pandas_is_refused_in_a_sentence(reader, astronaut, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="^to_pandas needs pandas: `pip install pandas`.$"):
        reader.read(astronaut).to_pandas()


def test_drawing_labels_numbers_and_blurs(reader, astronaut):
    result = reader.read(astronaut)
    left, top, right, bottom = (round(edge) for edge in result.faces[0].face.box)
    drawn = {
        (numbers, blur): np.asarray(result.draw(numbers=numbers, blur=blur)).astype(int)
        for numbers in (False, True)
        for blur in (False, True)
    }
    for (_, blur), picture in drawn.items():
        changed = np.abs(picture - astronaut)[top + 5 : bottom - 5, left + 5 : right - 5]
        assert bool(changed.mean() > 15) is blur
    assert np.abs(drawn[False, False] - drawn[True, False]).max() > 100
    assert result.draw(side=100).size == (100, 100)
