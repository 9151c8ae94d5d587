"""html: pieces of a page that hold whatever names and figures they are given."""

import re
from base64 import b64decode
from html.parser import HTMLParser

import numpy as np
import pytest

from face_gender.photo import PhotoError
from face_gender.report import html
from face_gender.report.tables import to_rows
from face_gender.result import count_labels
from face_gender.settings import VERSION
from face_gender.shares import Known
from face_gender.tracking import Stream, follow
from face_gender.ui.tabs.folder import Found

HOSTILE = '"><script>alert(1)</script>{{value}}${1}`\\'


class Tags(HTMLParser):
    """Collects the names of tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)


def tags(html: str) -> list[str]:
    parser = Tags()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize(
    "html",
    [
        html.escape(HOSTILE),
        html.table(HOSTILE, [HOSTILE], []),
        html.rows_table([{"photo": HOSTILE, "status": f"error: {HOSTILE}"}], ("a", "b"), 1),
        html.section(HOSTILE, HOSTILE),
        html.download(HOSTILE, "text/csv", HOSTILE),
    ],
)
def test_names_are_never_read_as_html_or_template(html):
    assert "script" not in tags(html)
    assert not {"{", "$", "`"} & set(html)


def test_nothing_to_show():
    assert "<tr>" not in html.rows_table([], ("a", "b"), 1).split("<tbody>")[1]
    assert [html.how_many(n) for n in (0, 1, 2000)] == ["no face", "1 face", "2,000 faces"]
    assert [html.how_many(n, "photo") for n in range(3)] == ["no photo", "1 photo", "2 photos"]


def test_photo_has_a_button_on_each_face(reader, astronaut):
    result = reader.read(astronaut)
    shown = html.photo_with_faces(result)
    assert tags(shown).count("button") == len(result.faces) == 1
    left, top, _, _ = result.faces[0].face.box
    assert f"left:{100 * left / 512:.2f}%;top:{100 * top / 512:.2f}%" in shown
    assert 'aria-pressed="true"' in shown
    assert 'aria-pressed="false"' in html.photo_with_faces(result, chosen=2)


@pytest.mark.parametrize(("numbers", "blur"), [(False, False), (True, True)])
def test_a_picture_to_share_is_drawn_when_it_is_asked_for(reader, astronaut, numbers, blur):
    result = reader.read(astronaut)
    assert "data:image" not in html.share(result)
    shared = html.share(result, numbers, blur, drawn=True)
    assert 'download="faces.jpg" href="data:image/jpeg;base64,' in shared
    assert ('value="numbers" checked' in shared, 'name="blur" checked' in shared) == (numbers, blur)


def test_detail(reader, astronaut):
    result = reader.read(astronaut)
    detail = html.face_in_detail(result, 1)
    assert all(f"{score:.2f}" in detail for score in result.faces[0].scores.values())


def test_face_with_and_without_what_its_score_hung_on(reader, astronaut):
    scored = reader.read(astronaut).faces[0]
    assert "Looking closer" in html.face_close_up(scored, 1)
    explained = html.face_close_up(scored, 1, reader.explain(scored))
    assert tags(explained).count("img") == 2
    assert "Looking closer" not in explained


def test_tables_counts_and_live(reader, astronaut):
    result = reader.read(astronaut)
    label = result.faces[0].label
    assert label in html.faces_table(result)
    assert label in html.rows_table(to_rows("a.jpg", result), result.labels, 1)
    assert "100.0 %" in html.counts_chart(count_labels([label], result.labels), result.labels)
    stream = follow(Stream(), result, 0.0)
    assert label in html.live_frame(
        result.photo, stream.in_view(), stream.labels(result.threshold), result.labels
    )


@pytest.mark.parametrize(
    ("photos", "said"),
    [(0, []), (60, []), (61, [60]), (300, [60]), (301, [60, 300]), (501, [60, 300, 500])],
)
def test_what_a_report_leaves_out_is_said(reader, photos, said):
    found = Found(reader)
    for _ in range(photos):
        found.add("IMG_0001.jpg", PhotoError("Torn."))
    report = found.report()
    assert (
        f"{photos} photos, no face; no photo without a face, {photos} that" in report or not photos
    )
    page = re.search(r'download="faces.html" href="[^,]*,([^"]*)"', report)
    text = report + (b64decode(page[1]).decode() if page else "")
    told = re.findall(
        r"The first (\d+) (?:photos are pictured|of \d+ rows); faces.csv holds all", text
    )
    assert sorted(set(map(int, told))) == said
    assert ("Every face of every photo" in report) == (0 < photos <= 500)


def test_folders_are_compared_where_there_are_several(reader, astronaut):
    result, found = reader.read(astronaut), Found(reader)
    found.add("all/1990/a.jpg", result)
    assert "By folder" not in found.report()
    found.add("all/2020/b.jpg", reader.read(astronaut[60:300, 80:380].copy()))  # no copy of it
    report = found.report()
    assert "By folder" in report
    assert all(f">{name}</td>" in report for name in ("1990", "2020"))
    assert "100.0 %" in report


def test_shares_are_corrected_by_a_visitors_own_check(reader, astronaut):
    found = Found(reader, Known(np.array([[40, 2], [3, 30]]), tested="your own check"))
    found.add("a.jpg", reader.read(astronaut))
    report = found.report()
    assert "mistaken in your own check (75 faces)" in report
    assert "Female, corrected" in report
    assert f"face-gender {VERSION}" in report


def test_files_to_take_away_are_whole():
    link = html.download("a.csv", "text/csv", "ä\n")
    assert b64decode(link.split("base64,")[1].split('"')[0]).decode() == "ä\n"
    assert html.thumbnail(np.zeros((30, 60, 3), np.uint8), 20).size == (20, 20)
