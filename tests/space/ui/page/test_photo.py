"""The Photo tab in a real browser, on real photos, against what the reader says."""

import json

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import expect

from face_gender.report.tables import mark, provenance_of, to_csv, to_record, to_rows
from face_gender.result import reason_of, relabel, upright
from tests.support.browser import (
    AT_DESK,
    DESKTOP,
    EIGHT_WAYS,
    EXAMPLES,
    IN_A_BROWSER,
    PHONE,
    SIZES,
    answers_held,
    assert_accessible,
    downloaded,
    open_page,
    open_tab,
    send_file,
    sentence,
)

pytestmark = IN_A_BROWSER


def scores_shown(page) -> list[str]:
    return page.locator(".detail .bars td:last-child").all_inner_texts()


@SIZES
def test_photo(page, reader):
    send_file(page, EIGHT_WAYS)
    result = reader.read(EIGHT_WAYS)
    expect(page.locator(".photo .face")).to_have_count(len(result.faces))
    assert len(result.faces) > 5
    for number in (1, 3):
        scored = result.faces[number - 1]
        page.locator(f".photo [data-pick='{number}']").click()
        expect(page.locator(".reason")).to_have_text(
            f"Face {number} of {len(result.faces)}. {reason_of(scored, result.threshold)}."
        )
        assert scores_shown(page) == [f"{score:.2f}" for score in scored.scores.values()]
        expect(page.locator(".detail > .decision")).to_have_text(scored.label)
        expect(
            page.get_by_alt_text(f"Bright where hiding part of face {number} lowers")
        ).to_be_visible()
    with answers_held(page):  # of those picked meanwhile, the last is shown
        for number in (2, 5, 4):
            page.locator(f".photo [data-pick='{number}']").click()
    expect(page.locator(".reason")).to_contain_text("Face 4 of")
    box = page.locator(".photo [data-pick='1']").bounding_box()
    photo = page.locator(".photo img").bounding_box()
    left, top = result.faces[0].face.box[:2]
    assert (box["x"] - photo["x"]) / photo["width"] == pytest.approx(
        left / result.photo.width, abs=0.01
    )
    assert (box["y"] - photo["y"]) / photo["height"] == pytest.approx(
        top / result.photo.height, abs=0.02
    )
    made = provenance_of(result.threshold, result.model, result.revision)
    rows = mark(to_rows("photo", result), made)
    assert downloaded(page, "faces.csv") == to_csv(rows, result.labels)
    assert json.loads(downloaded(page, "faces.json")) == to_record("photo", result) | made
    assert_accessible(page)
    page.get_by_role("button", name="Another photo").click()
    expect(page.get_by_text("Drop a photo")).to_be_visible()
    expect(page.locator(".taker button").first).to_be_focused()


@SIZES
def test_photo_and_answer_fit_one_screen(page, size):
    expect(page.get_by_role("tab")).to_have_count(6)
    expect(page.get_by_label("More tabs")).not_to_be_visible()
    tops = {tab.bounding_box()["y"] for tab in page.get_by_role("tab").all()}
    assert len(tops) == 1
    page.get_by_alt_text("Example: man").click()
    detail = page.locator(".detail")
    expect(detail).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    photo, answer = page.locator(".photo img").bounding_box(), detail.bounding_box()
    assert photo["y"] >= 0
    assert answer["y"] + answer["height"] <= size[1]


@SIZES
def test_table_and_threshold(page, reader):
    send_file(page, EIGHT_WAYS)
    result = reader.read(EIGHT_WAYS)
    head = page.locator(".sorted thead th")
    expect(head.filter(has_text="confidence")).to_have_text("detection confidence")
    assert head.first.evaluate("each => getComputedStyle(each).position") == "sticky"
    page.get_by_role("button", name="Male", exact=True).click()
    cells = page.locator(".sorted tbody td:nth-child(3)")
    ascending = sorted(f"{scored.scores['Male']:.3f}" for scored in result.faces)
    expect(cells).to_have_text(ascending)
    page.get_by_role("button", name="Male", exact=True).click()
    expect(cells).to_have_text(ascending[::-1])
    slider = page.get_by_role("slider", name="Threshold")
    assert float(slider.get_attribute("min")) == 0.5  # below 1 / classes it would do nothing
    slider.focus()
    with answers_held(page):  # of all that was asked meanwhile, the last counts
        for key in ("ArrowRight", "ArrowRight", "End"):
            page.keyboard.press(key)
    stricter = relabel(result, 1.0)
    assert [scored.label for scored in stricter.faces] != [scored.label for scored in result.faces]
    expect(page.locator(".reason")).to_contain_text(reason_of(stricter.faces[0], 1.0))
    expect(page.locator(".sorted tbody .decision").first).to_have_text("uncertain")
    assert scores_shown(page) == [f"{score:.2f}" for score in result.faces[0].scores.values()]
    expect(cells).to_have_text(ascending[::-1])  # as the visitor ordered it
    row = page.locator(".sorted tbody tr", has=page.get_by_role("button", name="Show face 3"))
    row.locator("td").nth(2).click()
    expect(page.locator(".reason")).to_contain_text("Face 3 of")
    expect(page.locator(".photo")).to_be_in_viewport()
    page.get_by_role("button", name="Another photo").click()
    page.get_by_alt_text("Example: on-its-side").click()
    lying = reader.read(EXAMPLES / "on-its-side.jpg")
    expect(page.locator(".reason")).to_contain_text("below 1.00: uncertain")  # the visitor's own
    assert page.locator(".threshold output").inner_text() == "1.00"
    photo = page.locator(".photo img").bounding_box()
    assert (photo["height"] > photo["width"]) == (lying.photo.height < lying.photo.width)
    left, top, *_ = upright(lying).faces[0].face.box
    face = page.locator(".photo [data-pick='1']").bounding_box()
    assert (face["x"] - photo["x"]) / photo["width"] == pytest.approx(
        left / lying.photo.height, abs=0.02
    )


@AT_DESK
def test_by_keyboard_alone(page):
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", selected=True)).to_have_text("About")
    expect(tabs.last).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_alt_text("Example: astronaut")).to_be_visible()
    for key in ("Enter", "Space"):
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.dataset.pick")
            if focused == ("astronaut" if key == "Enter" else "1"):
                break
        page.keyboard.press(key)
        expect(page.locator(".detail .reason")).to_contain_text("Face 1 of 1")
    expect(page.locator(".photo [data-pick='1']")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark")])
def test_odd_photos(page, tmp_path, astronaut):
    (tmp_path / "no.jpg").write_bytes(b"not a picture")
    send_file(page, tmp_path / "no.jpg")
    expect(page.get_by_role("alert").filter(has_text="This is not a picture")).to_be_visible()
    assert_accessible(page)
    expect(page.get_by_text("Drop Image Here").first).to_be_visible()  # the next one, at once
    page.get_by_alt_text("Example: cat").click()
    expect(sentence(page, "No face found.")).to_be_visible()
    pillow_heif.from_pillow(Image.fromarray(astronaut)).save(tmp_path / "phone.heic")
    send_file(page, tmp_path / "phone.heic")
    expect(page.locator(".photo .face")).to_have_count(1)
    expect(page.locator(".photo img")).to_have_js_property("naturalWidth", 512)
    send_file(page, tmp_path / "no.jpg")
    expect(page.get_by_role("alert").filter(has_text="This is not a picture")).to_be_visible()


@SIZES
def test_photo_from_the_camera(page):
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator(".photo .face")).to_have_count(1)
    expect(page.locator(".reason")).to_contain_text("Face 1 of 1")
    assert page.locator(".taker video").evaluate("video => video.srcObject") is None


def test_too_large_is_one_sentence(browser, served_small_uploads, tmp_path):
    (tmp_path / "large.jpg").write_bytes(b"x" * 1_500_000)
    for tab in ("Photo", "Folder", "Check"):
        with open_page(browser, served_small_uploads, complains=True) as page:
            open_tab(page, tab)
            send_file(page, tmp_path / "large.jpg")
            expect(
                page.get_by_text('exceed the maximum allowed size of 1.0 Mb: "large.jpg"')
            ).to_be_visible()


def test_the_page_speaks_one_language_and_names_itself(browser, served):
    with open_page(browser, served, PHONE, locale="ar") as page:
        expect(page.get_by_text("Click to Upload")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.request.get(served).headers["content-encoding"] == "gzip"
        assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
        said = {
            meta.get_attribute("property"): meta.get_attribute("content")
            for meta in page.locator("meta[property^='og:']").all()
        }
        assert said["og:title"] == page.title()
        picture = page.request.get(said["og:image"])
        assert picture.headers["content-type"] == "image/jpeg"
        assert "gradio" not in str(said).lower()
        page.get_by_alt_text("Example: cat").click()
        expect(page.get_by_text("No face found.")).to_be_visible()
        assert "common." not in page.locator("body").inner_text()
        assert page.locator("[aria-label^='common.']:visible").count() == 0
