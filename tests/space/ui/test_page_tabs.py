"""The other tabs in a real browser, against what the reader says: Live, Folder, Check, About."""

import csv
import io
import json
import re
import sys
import zipfile
from collections import Counter

import pytest
from playwright.sync_api import expect

from face_gender.decision import best_of
from face_gender.model_folder import UNCERTAIN
from face_gender.report.review import COPY
from face_gender.ui import strings
from tests.conftest import ROOT, serve
from tests.space.ui.conftest import HOSTILE
from tests.support.browser import (
    AT_DESK,
    EIGHT_WAYS,
    ELSEWHERE,
    EXAMPLES,
    IN_A_BROWSER,
    PHONE,
    SIZES,
    answers_held,
    assert_accessible,
    assert_one_progress,
    downloaded,
    open_page,
    open_tab,
    send_file,
)
from tests.support.checks import check_outcomes
from tests.support.clips import scenes, write_clip

pytestmark = IN_A_BROWSER
KEEP_STREAMS = """
window.streams = [];
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open) navigator.mediaDevices.getUserMedia = async wanted => {
  streams.push(await open(wanted));
  return streams.at(-1);
};
"""
OFF = "streams.every(each => each.getTracks().every(track => track.readyState === 'ended'))"
REFUSE = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '%s'); };"


@SIZES
def test_live(browser, served, size, scheme, reader):
    frames = []
    with open_page(browser, served, size, scheme, first=KEEP_STREAMS) as page:
        page.clock.install()
        page.on(
            "request",
            lambda asked: frames.append(1) if "data:image" in (asked.post_data or "") else None,
        )
        open_tab(page, "Live")
        assert_accessible(page)
        start = page.get_by_role("button", name="Start the camera")
        status = page.locator(".camera:visible [role=status]")
        ends = [
            (lambda: page.clock.fast_forward(120_000), strings.CAMERA["time"].format(seconds=120)),
            (page.get_by_role("button", name="Stop").click, strings.CAMERA["stopped"]),
            (lambda: open_tab(page, "About"), strings.CAMERA["left"]),
        ]
        for end, said in ends:
            start.click()
            expect(page.locator(".photo.live .face span")).to_have_text(
                re.compile(rf"^\d+ ({'|'.join([*reader.labels, UNCERTAIN])}) 0\.\d\d$")
            )
            expect(page.locator(".rate")).to_have_text(
                re.compile(r"^\d+\.\d frames per second, 1 face$")
            )
            end()
            page.wait_for_function(OFF)
            open_tab(page, "Live")
            expect(status).to_have_text(said)
            sent = len(frames)
            expect(page.locator(".photo.live")).not_to_be_visible()
            page.wait_for_timeout(300)  # three frames' time
            assert len(frames) == sent > 0


def test_a_camera_that_does_not_open_says_why(browser, served):
    cases = [
        (served, REFUSE % "NotAllowedError", "NotAllowedError"),
        (served, REFUSE % "NotFoundError", "NotFoundError"),
        (served, REFUSE % "AbortError", "other"),
        (served.replace("127.0.0.1", ELSEWHERE), "", "http"),  # no camera over plain http
    ]
    for address, first, said in cases:
        with open_page(browser, address, first=first) as page:
            page.get_by_role("button", name="Use the camera").click()
            expect(page.locator(".camera:visible [role=status]")).to_have_text(strings.CAMERA[said])
            open_tab(page, "Live")
            page.get_by_role("button", name="Start the camera").click()
            expect(page.locator(".camera:visible [role=status]")).to_have_text(strings.CAMERA[said])


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark")])
def test_video(page, astronaut, tmp_path):
    shown = scenes(astronaut)
    pictures = [shown["face"]] * 4 + [shown["empty"]] * 4
    open_tab(page, "Video")
    with answers_held(page):
        send_file(page, write_clip(tmp_path / "b.mp4", pictures, rate=4))
        assert_one_progress(page)
    expect(page.locator("a[download='tracks.csv']:visible")).to_have_count(1)
    (track,) = csv.DictReader(io.StringIO(downloaded(page, "tracks.csv")))
    assert (track["video"], track["start"], track["seconds"]) == ("b.mp4", "0.0", "1.0")
    expect(page.locator(".lane:has(img):visible")).to_have_count(1)
    expect(page.locator(".lane:has(img):visible")).to_contain_text(track["label"])
    assert_accessible(page)


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
    said = page.get_by_role("status").filter(has_text="5 photos")
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


@AT_DESK
def test_folder_with_a_broken_zip(page, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    open_tab(page, "Folder")
    send_file(page, tmp_path / "broken.zip")
    expect(page.get_by_text("not a zip file").first).to_be_visible()
    expect(page.locator(".bars:visible")).to_have_count(0)


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
    said = page.get_by_role("status").filter(has_text="faces right")
    expect(said).to_contain_text("50.0 % of 2 faces right")
    expect(said).to_contain_text("1 photo without a face, 1 that could not be read")
    cells = page.locator(".confusion:visible td[style]").all_inner_texts()
    assert cells == [str(count) for row in check.confusion for count in row]
    expect(page.locator(".review button:visible")).to_have_count(1)
    assert json.loads(downloaded(page, "check.json"))["confusion"] == check.confusion
    expect(page.get_by_text("By your folders the shares are Male 50.0 %")).to_be_visible()
    assert_accessible(page)


@AT_DESK
def test_check_wants_class_folders(page, tmp_path):
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as out:
        out.write(EXAMPLES / "cat.jpg", "cat.jpg")
    open_tab(page, "Check")
    send_file(page, tmp_path / "flat.zip")
    expect(page.get_by_role("alert").filter(has_text="“Male” or “Female”")).to_be_visible()


@SIZES
def test_about(page, served):
    open_tab(page, "About")
    for word in ("Meant for", "Not for", "Your photos", "How good it is", "Call it"):
        expect(page.get_by_role("heading", name=word)).to_be_visible()
    sources = page.locator(".about", has=page.get_by_role("heading", name="Source and citation"))
    for word in ("Kärkkäinen", "CC BY 4.0", "revision", "Apache-2.0", "Questions"):
        expect(sources).to_contain_text(word)
    for title in ("Python", "curl", "JavaScript", "BibTeX"):
        copy = page.get_by_role("button", name=f"Copy {title}")
        copy.click()
        expect(copy).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == page.get_by_label(title, exact=True).text_content().strip()
        assert served.rstrip("/") in copied
        assert "SPACE" not in copied
    assert_accessible(page)


def test_figures_of_the_bundled_model(browser, tmp_path):
    command = [sys.executable, "app.py"]
    with (
        serve(command, ROOT, GRADIO_TEMP_DIR=tmp_path) as address,
        open_page(browser, address, PHONE, "dark") as page,
    ):
        open_tab(page, "About")
        expect(page.get_by_text(strings.BY_GROUP)).to_be_visible()
        expect(page.get_by_text("Share right by race")).to_be_visible()
        expect(page.get_by_text("Share right by age band")).to_have_count(0)  # the ages again
        bar = page.locator(".bars:visible tr", has_text="Middle Eastern").first
        drawn, track = bar.locator("i").bounding_box(), bar.locator(".track div").bounding_box()
        share = float(re.search(r"[\d.]+", bar.locator("td").last.inner_text()).group()) / 100
        assert drawn["width"] / track["width"] == pytest.approx(share, abs=0.02)  # from 0
        expect(page.get_by_text("Share right by label x race")).not_to_be_visible()
        page.get_by_text(strings.CROSSED).click()
        expect(page.get_by_text("Share right by label x race")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert_accessible(page)


@SIZES
def test_each_tab_has_an_address_and_fits_the_screen(page, size, served):
    for tab in ("Photo", "Live", "Video", "Folder", "Check", "About"):
        open_tab(page, tab)
        assert page.evaluate("location.hash") == f"#{tab.lower()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.go_back()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Check")
    page.goto("about:blank")
    page.goto(f"{served}#video")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Video")
    assert_accessible(page)
