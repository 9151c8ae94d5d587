"""Folder and Check in a real browser, against what the reader says."""

import csv
import io
import json
import zipfile
from collections import Counter

import pytest
from playwright.sync_api import expect

from face_gender.decision import best_of
from face_gender.model_folder import UNCERTAIN
from face_gender.report.review import COPY
from tests.space.ui.page.conftest import HOSTILE
from tests.support.browser import (
    AT_DESK,
    EIGHT_WAYS,
    EXAMPLES,
    IN_A_BROWSER,
    SIZES,
    answers_held,
    assert_accessible,
    assert_one_progress,
    downloaded,
    open_tab,
    send_file,
    sentence,
)
from tests.support.checks import check_outcomes

pytestmark = IN_A_BROWSER


@SIZES
def test_folder(page, reader, packed, tmp_path):
    open_tab(page, "Folder")
    table = tmp_path / "eras.tsv"
    table.write_bytes(
        "Photo;era\nFemale/astronaut.jpg;1990s\neight-ways.jpg;2020s\n".encode("utf-16")
    )
    with answers_held(page):
        send_file(page, packed, EIGHT_WAYS, table)
        assert_one_progress(page)
    single, many = reader.read(EXAMPLES / "astronaut.jpg"), reader.read(EIGHT_WAYS)
    faces = 1 + len(many.faces)  # a copy counts once
    said = sentence(page, "5 photos")
    expect(said).to_contain_text(f"{faces} faces")
    expect(said).to_contain_text("1 photo without a face, 1 that could not be read")
    expect(page.get_by_text("how often this model is wrong about each class")).to_be_visible()
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "faces.csv"))))
    assert [row["photo"] for row in rows if row["status"] == "no_face"] == ["Female/cat.jpg"]
    assert [row["label"] for row in rows if row["photo"].endswith("astronaut.jpg")] == [
        single.faces[0].label
    ] * 2
    decided = [row["label"] for row in rows if row["label"] and not row[COPY]]
    for label in (*reader.labels, UNCERTAIN):
        row = page.locator(".bars:visible tr").filter(
            has=page.get_by_role("rowheader", name=label, exact=True)
        )
        expect(row).to_contain_text(f"{100 * decided.count(label) / faces:.1f} %")
    expect(page.get_by_role("cell", name=f"Male/{HOSTILE}", exact=True)).to_be_visible()
    report = downloaded(page, "faces.html")
    assert report.count("<figure") == 5
    assert "http" not in report
    compare_eras(page, many, reader.labels)
    assert_accessible(page)


def compare_eras(page, many, labels) -> None:
    expect(page.get_by_text("eras.tsv names 2 of 5 photos")).to_be_visible()
    page.get_by_label("Compare by").select_option("era")
    table = page.get_by_role("table", name="By era", exact=True).locator("visible=true")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("cell", name="2020s")).to_be_visible()
    best = Counter(best_of(each.scores) for each in many.faces)
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "shares.csv"))))
    assert [(row["group"], row["label"]) for row in rows] == [
        (era, label) for era in ("1990s", "2020s") for label in labels
    ]
    for row, label in zip(rows[2:], labels, strict=True):
        assert float(row["guessed"]) == pytest.approx(best[label] / len(many.faces), abs=1e-4)
    assert all(row["difference_low"] for row in rows[:2])  # to the larger group
    assert "<caption>By era" in downloaded(page, "shares.html")
    faces = csv.DictReader(io.StringIO(downloaded(page, "faces-grouped.csv")))
    assert {row["era"] for row in faces} == {"1990s", "2020s", "unknown"}


@SIZES
def test_check(page, reader, packed):
    open_tab(page, "Check")
    with answers_held(page):
        send_file(page, packed)
        assert_one_progress(page)
    result = reader.read(EXAMPLES / "astronaut.jpg")
    check = check_outcomes(
        [("Female/a", result), ("Male/a", result)], reader.labels, reader.threshold
    )
    said = sentence(page, "faces right")
    expect(said).to_contain_text("50.0 % of 2 faces right")
    expect(said).to_contain_text("1 photo without a face, 1 that could not be read")
    cells = page.locator(".confusion:visible td[style]").all_inner_texts()
    assert cells == [str(count) for row in check.confusion for count in row]
    expect(page.locator(".review button:visible")).to_have_count(1)
    assert json.loads(downloaded(page, "check.json"))["confusion"] == check.confusion
    expect(page.get_by_text("By your folders the shares are Male 50.0 %")).to_be_visible()
    assert_accessible(page)


@AT_DESK
def test_what_cannot_be_read_is_said(page, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    open_tab(page, "Folder")
    send_file(page, tmp_path / "broken.zip")
    expect(page.get_by_text("not a zip file").first).to_be_visible()
    expect(page.locator(".bars:visible")).to_have_count(0)
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as out:
        out.write(EXAMPLES / "cat.jpg", "cat.jpg")
    open_tab(page, "Check")
    send_file(page, tmp_path / "flat.zip")
    expect(page.get_by_role("alert").filter(has_text="“Male” or “Female”")).to_be_visible()
