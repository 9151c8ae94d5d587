"""Live, Video, About and the tabs themselves in a real browser."""

import csv
import io
import re
import sys

import pytest
from playwright.sync_api import expect

from face_gender.model_folder import UNCERTAIN
from face_gender.ui import strings
from tests.conftest import ROOT, serve
from tests.support.browser import (
    ELSEWHERE,
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
