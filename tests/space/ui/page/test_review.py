"""In a real browser: faces stay visible in a crowd, a picture is shared, labels are corrected."""

import csv
import io
import zipfile

from playwright.sync_api import expect

from face_gender.faces import Face
from face_gender.photo import Photo
from face_gender.report import html
from face_gender.result import Result, ScoredFace
from face_gender.ui.page import STYLE
from tests.conftest import LABELS
from tests.space.test_drawing import crowd
from tests.support.browser import (
    EXAMPLES,
    IN_A_BROWSER,
    answers_held,
    downloaded,
    open_page,
    open_tab,
    send_file,
    sentence,
)

PHOTO = EXAMPLES / "astronaut.jpg"
COVERED = """() => {
  const boxes = [...document.querySelectorAll('.face')].map(face => face.getBoundingClientRect());
  const tags = [...document.querySelectorAll('.face span')].map(tag => tag.getBoundingClientRect());
  const shared = (a, b) =>
    Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
    Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const sum = values => values.reduce((one, other) => one + other, 0);
  return boxes.map(box => sum(tags.map(tag => shared(box, tag))) / (box.width * box.height));
}"""

pytestmark = IN_A_BROWSER


def crowded(faces: int, astronaut) -> Result:
    scored = tuple(
        ScoredFace(Face(box, 0.99, ()), astronaut, {"Male": 0.9, "Female": 0.1}, "Male")
        for box in crowd(faces, 960, 640)
    )
    photo = Photo(astronaut[:320, :480], 960, 640)
    return Result(photo, scored, 0.6, "model", "v1", LABELS)


def test_faces_of_a_crowd_stay_visible(browser, astronaut):
    page = browser.new_page(viewport={"width": 480, "height": 800})
    for faces in (1, 8, 40, 120):
        shown = html.photo_with_faces(crowded(faces, astronaut), chosen=0)
        page.set_content(f"<style>{STYLE.read_text(encoding='utf-8')}</style>{shown}")
        assert page.locator(".face").count() == faces
        assert max(page.evaluate(COVERED)) < 0.1
        tag = page.locator(".face span").last
        page.locator(".face").last.focus()
        assert tag.is_visible()  # on demand
        assert tag.bounding_box()["height"] > 10
    page.close()


def rows_of(page, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(downloaded(page, name))))


def test_share_and_review(browser, served, tmp_path):
    packed = tmp_path / "faces.zip"
    with zipfile.ZipFile(packed, "w") as out:
        out.write(PHOTO, "Female/a.jpg")
        out.write(PHOTO, "Male/b.jpg")
        out.write(PHOTO, "Male/c.jpg")
    with open_page(browser, served) as page:
        share_photo(page)
        review_folder(page, packed)
        review_check(page, packed)


def share_photo(page) -> None:
    send_file(page, PHOTO)
    page.get_by_label("numbers").check()
    page.get_by_label("blurred faces").check()
    page.get_by_role("button", name="Draw it").click()
    expect(page.get_by_alt_text("Your photo with its faces blurred and numbered")).to_be_visible()
    expect(page.locator("a[download='faces.jpg']")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    kinds = page.evaluate("navigator.clipboard.read().then(([copied]) => copied.types)")
    assert kinds == ["image/png"]


def review_folder(page, packed) -> None:
    open_tab(page, "Folder")
    send_file(page, packed)
    said = sentence(page, "not counted again")
    expect(said).to_contain_text("Male/b.jpg (Female/a.jpg), Male/c.jpg (Female/a.jpg)")
    expect(said).to_contain_text("1 face,")
    tiles = page.locator(".review:visible button")
    expect(tiles).to_have_count(3)
    given = tiles.first.get_attribute("data-given")
    tiles.first.focus()
    with answers_held(page):
        for _ in tiles.all():  # a key also goes on to the next
            page.keyboard.press("1" if given != LABELS[0] else "2")
        other = tiles.first.get_attribute("data-label")
        assert other != given
        expect(tiles.last).to_be_focused()
    expect(sentence(page, "You corrected 3 labels")).to_be_visible()
    rows = rows_of(page, "faces-corrected.csv")
    assert {(row["label"], row["label_before"]) for row in rows} == {(other, given)}


def review_check(page, packed) -> None:
    open_tab(page, "Check")
    send_file(page, packed)
    said = sentence(page, "right (95 % interval")
    expect(said).to_contain_text("50.0 % of 2 faces")
    expect(said).to_contain_text("1 near duplicate.")
    (tile,) = page.locator(".review:visible button").all()
    tile.focus()
    page.keyboard.press("1" if tile.get_attribute("data-given") != LABELS[0] else "2")
    expect(said).to_contain_text("100.0 % of 2 faces")
    (row,) = (row for row in rows_of(page, "checked.csv") if row["label_before"])
    assert row["label"] == row["read_as"] != row["label_before"]
