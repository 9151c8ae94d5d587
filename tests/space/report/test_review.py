"""review: tiles to correct by key, the shares that follow, and the corrected table."""

import csv
import io
import json
import re
from base64 import b64decode
from dataclasses import replace
from html import unescape

import pytest

from face_gender.evaluation import Answer, Answers, LabelledFace
from face_gender.report import review
from face_gender.report.review import BEFORE, COPY, LEFT_OUT, Review

LABELS = ("Male", "Female")
ROWS = [
    {"photo": "a", "status": "ok", "face": 1, "label": "Male", "Male": 0.9, "Female": 0.1},
    {"photo": "a", "status": "ok", "face": 2, "label": "uncertain", "Male": 0.6, "Female": 0.4},
    {"photo": "b", "status": "no_face"},
    {
        "photo": "c",
        "status": "ok",
        "face": 1,
        "label": "Male",
        "Male": 0.9,
        "Female": 0.1,
        COPY: "a",
    },
]


def read_csv(html: str) -> list[dict[str, str]]:
    content = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', html)
    assert content is not None
    return list(csv.DictReader(io.StringIO(b64decode(content[1]).decode())))


@pytest.mark.parametrize(
    ("corrections", "labels", "counted"),
    [
        ({}, ["Male", "uncertain", None, "Male"], ["Male", "uncertain"]),
        ({"9": "Male", "2": "Male"}, ["Male", "uncertain", None, "Male"], ["Male", "uncertain"]),
        ({"1": "Female"}, ["Male", "Female", None, "Male"], ["Male", "Female"]),
        ({"0": LEFT_OUT}, [LEFT_OUT, "uncertain", None, "Male"], ["uncertain"]),
    ],
)
def test_shares_follow_what_a_person_says(corrections, labels, counted):
    corrected = review.correct_rows(ROWS, corrections)
    assert [row.get("label") for row in corrected] == labels
    assert review.counted_labels(corrected) == counted
    part = review.corrected_part(ROWS, corrections, LABELS)
    changed = [row for row in corrected if BEFORE in row]
    assert bool(part) is bool(changed)
    if changed:
        assert f"You corrected {len(changed)} label" in part
        rows = read_csv(part)
        assert [row["label"] for row in rows] == [label or "" for label in labels]
        assert [row[BEFORE] for row in rows if row[BEFORE]] == [changed[0][BEFORE]]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, {}),
        ("1", {}),
        ({"1": "Male", "2": "<b>", "3": LEFT_OUT, "4": 5}, {"1": "Male", "3": LEFT_OUT}),
    ],
)
def test_only_labels_are_taken_from_a_browser(sent, expected):
    assert review.check_corrections(sent, LABELS) == expected


def test_copies_are_said():
    assert review.say_copies(ROWS[:3]) == ""
    assert review.say_copies(ROWS).endswith("not counted again: c (a).")
    many = [ROWS[3] | {"photo": f"c{number}"} for number in range(7)]
    assert review.say_copies(many).endswith("c4 (a) and 2 more.")


def test_the_least_sure_faces_come_first(reader, astronaut, monkeypatch):
    monkeypatch.setattr(review, "KEPT", 2)
    result = reader.read(astronaut)
    assert Review(LABELS).tiles() == ""
    faces = Review(LABELS)
    for number, score in enumerate((0.9, 0.7, 0.8)):
        scored = replace(result.faces[0], scores={"Male": score, "Female": 1 - score})
        faces.add(number, f"{number}.jpg", replace(result, faces=(scored,)))
    tiles = faces.tiles()
    assert re.findall(r'data-key="(\d)"', tiles) == ["1", "2"]
    options = json.loads(unescape(re.search(r'data-options="([^"]*)"', tiles)[1]))
    assert [(key, name) for key, name, _ in options] == [
        ("1", "Male"),
        ("2", "Female"),
        ("x", LEFT_OUT),
        ("0", "uncertain"),
    ]


def test_mistakes_and_their_table(reader, astronaut):
    scored = reader.read(astronaut).faces[0]
    best = max(scored.scores, key=scored.scores.get)
    wrong = next(label for label in LABELS if label != best)
    tiles = review.review_mistakes([LabelledFace("a.jpg", wrong, scored)], LABELS)
    assert f'data-key="a.jpg" data-given="{wrong}"' in tiles
    assert f"read as {best}" in tiles
    assert review.review_mistakes([], LABELS) == ""
    answers = Answers((Answer("a.jpg", wrong, scored.scores),), 0, 0, 0, ())
    (row,) = csv.DictReader(io.StringIO(review.answers_csv(answers, {"a.jpg": best})))
    assert (row["label"], row[BEFORE], row["read_as"]) == (best, wrong, best)
