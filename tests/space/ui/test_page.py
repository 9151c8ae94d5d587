"""The page in a real browser: every tab on real photos, against what the reader says."""

import csv
import io
import json
import re
import sys
import zipfile
from base64 import b64decode, b64encode

import pillow_heif
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from face_gender.evaluation import check_outcomes
from face_gender.model_folder import UNCERTAIN
from face_gender.report.tables import mark, provenance_of, to_csv, to_record, to_rows
from face_gender.result import reason_of, relabel
from face_gender.ui import strings
from tests.conftest import ROOT, serve
from tests.support.browser import (
    CHROMIUM,
    DESKTOP,
    PHONE,
    open_browser,
    open_page,
    open_tab,
    send_file,
    write_camera,
)
from tests.support.clips import scenes, write_clip

EXAMPLES = ROOT / "space" / "examples"
SIZES = pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
HOSTILE = (
    "{{value}} ${1} <b>&`.jpg"  # a name that HTML or the page's templates might read as their own
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium: `apt-get install chromium`, or set CHROMIUM to its path",
    ),
]


expect.set_options(timeout=60_000)  # ms: a busy machine is slow, not wrong


@pytest.fixture(scope="module")
def browser(astronaut, tmp_path_factory):
    with open_browser(
        write_camera(Image.fromarray(astronaut), tmp_path_factory.mktemp("camera") / "face.mjpeg")
    ) as browser:
        yield browser


@pytest.fixture
def page(browser, served, size, scheme):
    with open_page(browser, served, size, scheme) as page:
        yield page


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A zip with class folders: two photos of one face, one of none, one broken."""
    path = tmp_path_factory.mktemp("zip") / "faces.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.write(EXAMPLES / "astronaut.jpg", "Female/astronaut.jpg")
        out.write(EXAMPLES / "astronaut.jpg", "Male/astronaut.jpg")
        out.write(EXAMPLES / "cat.jpg", "Female/cat.jpg")
        out.writestr(f"Male/{HOSTILE}", b"broken")
    return path


def violations(page) -> list[tuple[str, str]]:
    page.wait_for_function("document.getAnimations().every(each => each.playState !== 'running')")
    found = Axe().run(page).response["violations"]
    bad = [violation for violation in found if violation["impact"] in ("serious", "critical")]
    return [(each["id"], each["nodes"][0]["html"]) for each in bad]


def assert_accessible(page) -> None:
    """What is pale only while it fades in is looked at again."""
    if violations(page):
        page.wait_for_timeout(1500)
    assert violations(page) == []


def downloaded(page, name: str) -> str:
    address = page.locator(f"a[download='{name}']:visible").get_attribute("href")
    return b64decode(address.split(",", 1)[1]).decode()


def scores_shown(page) -> list[str]:
    return page.locator(".detail .bars td:last-child").all_inner_texts()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark")])
def test_video(page, astronaut, tmp_path):
    shown = scenes(astronaut)
    pictures = [shown["face"]] * 4 + [shown["empty"]] * 4
    open_tab(page, "Video")
    send_file(page, write_clip(tmp_path / "b.mp4", pictures, rate=4))
    expect(page.locator("a[download='tracks.csv']:visible")).to_have_count(1)
    (track,) = csv.DictReader(io.StringIO(downloaded(page, "tracks.csv")))
    assert (track["video"], track["start"], track["seconds"]) == ("b.mp4", "0.0", "1.0")
    expect(page.locator(".lane:has(img):visible")).to_have_count(1)
    expect(page.locator(".lane:has(img):visible")).to_contain_text(track["label"])
    assert_accessible(page)


@SIZES
def test_photo(page, reader):
    send_file(page, EXAMPLES / "eight-ways.jpg")
    result = reader.read(EXAMPLES / "eight-ways.jpg")
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


@SIZES
def test_table_sorts_and_threshold_labels_anew(page, reader):
    send_file(page, EXAMPLES / "eight-ways.jpg")
    result = reader.read(EXAMPLES / "eight-ways.jpg")
    page.get_by_role("button", name="Male", exact=True).click()
    cells = page.locator(".sorted tbody td:nth-child(3)")
    ascending = sorted(f"{scored.scores['Male']:.3f}" for scored in result.faces)
    expect(cells).to_have_text(ascending)
    page.get_by_role("button", name="Male", exact=True).click()
    expect(cells).to_have_text(ascending[::-1])
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    stricter = relabel(result, 1.0)
    assert [scored.label for scored in stricter.faces] != [scored.label for scored in result.faces]
    expect(page.locator(".sorted tbody .decision")).to_have_text(
        [scored.label for scored in stricter.faces]
    )
    expect(page.locator(".reason")).to_contain_text(reason_of(stricter.faces[0], 1.0))
    assert scores_shown(page) == [f"{score:.2f}" for score in result.faces[0].scores.values()]


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light")])
def test_by_keyboard_alone(page):
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
    page.get_by_role("button", name="Another photo").click()
    expect(page.get_by_text("Drop Image Here").first).to_be_visible()
    page.get_by_alt_text("Example: cat").click()
    expect(page.get_by_role("status").filter(has_text="No face found.")).to_be_visible()
    page.get_by_role("button", name="Another photo").click()
    pillow_heif.from_pillow(Image.fromarray(astronaut)).save(tmp_path / "phone.heic")
    send_file(page, tmp_path / "phone.heic")
    expect(page.locator(".photo .face")).to_have_count(1)
    assert page.locator(".photo img").evaluate("picture => picture.naturalWidth") == 512
    page.get_by_role("button", name="Another photo").click()
    send_file(page, tmp_path / "no.jpg")
    expect(page.get_by_role("alert").filter(has_text="This is not a picture")).to_be_visible()


NO_TYPE = [  # name, the type by the browser's own lights, and the format
    ("IMG_0001.HEIC", "", "HEIF"),
    ("DSC01234.HIF", "application/octet-stream", "HEIF"),
    ("R0010001.MPO", "", "MPO"),
    ("scan.J2K", "", "JPEG2000"),
    ("photo.jpg.download", "text/plain", "JPEG"),
    ("no-suffix", "", "AVIF"),
]


def encoded(pixels, kind: str) -> bytes:
    packed = io.BytesIO()
    options = {"save_all": True} if kind == "MPO" else {}
    Image.fromarray(pixels).save(packed, kind, **options)
    return packed.getvalue()


def choose(page, name: str, kind: str, content: bytes) -> None:
    """A file of any type, in the upload of the tab in view."""
    box = page.locator("[role=tabpanel]:visible input[type=file]").first
    box.set_input_files({"name": name, "mimeType": kind, "buffer": content})


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light")])
def test_every_tab_takes_photos_that_the_browser_has_no_type_for(page, astronaut):
    for name, kind, format in NO_TYPE:
        choose(page, name, kind, encoded(astronaut, format))
        expect(page.locator(".photo .face"), name).to_have_count(1)
        page.get_by_role("button", name="Another photo").click()
        expect(page.get_by_text("Drop Image Here").first).to_be_visible()
    choose(page, "notes.txt", "text/plain", b"no photo")
    expect(page.get_by_role("alert").filter(has_text="This is not a picture")).to_be_visible()
    open_tab(page, "Folder")
    files = [
        {"name": name, "mimeType": kind, "buffer": encoded(astronaut, format)}
        for name, kind, format in NO_TYPE
    ]
    page.locator("[role=tabpanel]:visible input[type=file]").first.set_input_files(files)
    read = page.get_by_role("status").filter(has_text=f"{len(files)} photos")
    expect(read).to_contain_text(f"{len(files)} photos, {len(files)} faces")
    expect(read).to_contain_text("0 that could not be read")
    open_tab(page, "Check")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("Female/IMG_0001.HEIC", encoded(astronaut, "HEIF"))
    choose(page, "FACES.ZIP", "", packed.getvalue())
    expect(page.get_by_role("status").filter(has_text="of 1 face right")).to_be_visible()


@SIZES
def test_photo_from_the_camera(page):
    page.get_by_role("button", name="Capture from camera").click()
    page.get_by_role("button", name="Click to Access Webcam").click()
    page.get_by_role("button", name="capture photo").click()
    expect(page.locator(".photo .face")).to_have_count(1)
    expect(page.locator(".reason")).to_contain_text("Face 1 of 1")


PASTE = """address => fetch(address).then(answer => answer.blob())
    .then(blob => navigator.clipboard.write([new ClipboardItem({'image/png': blob})]))"""
DROP = """([address, name, type]) => fetch(address).then(answer => answer.blob()).then(blob => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], name, {type}));
    return transfer;
})"""


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light")])
def test_photo_pasted_and_dropped(page, astronaut):
    packed = io.BytesIO()
    Image.fromarray(astronaut).save(packed, "PNG")
    address = "data:image/png;base64," + b64encode(packed.getvalue()).decode()
    page.evaluate(PASTE, address)
    page.get_by_role("button", name="Paste from clipboard").click()
    expect(page.locator(".photo .face")).to_have_count(1)
    page.get_by_role("button", name="Another photo").click()
    page.get_by_role("button", name="Upload file").click()
    for name, kind in (("face.png", "image/png"), ("FACE", "")):
        dropped = {"dataTransfer": page.evaluate_handle(DROP, [address, name, kind])}
        page.get_by_text("Drop Image Here").first.dispatch_event("drop", dropped)
        expect(page.locator(".photo .face")).to_have_count(1)
        page.get_by_role("button", name="Another photo").click()
        expect(page.get_by_text("Drop Image Here").first).to_be_visible()


def test_too_large_is_one_sentence(browser, served_small_uploads, tmp_path):
    (tmp_path / "large.jpg").write_bytes(b"x" * 1_500_000)
    for tab in ("Photo", "Folder", "Check"):
        with open_page(browser, served_small_uploads, complains=True) as page:
            open_tab(page, tab)
            send_file(page, tmp_path / "large.jpg")
            expect(
                page.get_by_text('exceed the maximum allowed size of 1.0 Mb: "large.jpg"')
            ).to_be_visible()


@SIZES
def test_live(page, reader):
    open_tab(page, "Live")
    assert_accessible(page)
    page.get_by_role("button", name="Click to Access Webcam").click()
    page.get_by_role("button", name="capture photo").click()
    tag = page.locator(".photo.live .face span")
    expect(tag).to_have_text(
        re.compile(rf"^1 ({'|'.join([*reader.labels, UNCERTAIN])}) 0\.\d\d$"), timeout=20_000
    )
    expect(page.locator(".rate")).to_have_text(
        re.compile(r"^\d+\.\d frames per second, 1 face$"), timeout=10_000
    )
    page.get_by_role("button", name="capture photo").click()


@SIZES
def test_folder(page, reader, packed):
    open_tab(page, "Folder")
    send_file(page, packed, EXAMPLES / "eight-ways.jpg")
    single, many = reader.read(EXAMPLES / "astronaut.jpg"), reader.read(EXAMPLES / "eight-ways.jpg")
    faces = 1 + len(many.faces)  # the same photo twice counts once
    said = page.get_by_role("status").filter(has_text="5 photos")
    expect(said).to_contain_text(f"{faces} faces")
    expect(said).to_contain_text("1 photo without a face, 1 that could not be read")
    expect(page.get_by_text("how often this model is wrong about each class")).to_be_visible()
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "faces.csv"))))
    assert [row["photo"] for row in rows if row["status"] == "no_face"] == ["Female/cat.jpg"]
    assert [row["label"] for row in rows if row["photo"].endswith("astronaut.jpg")] == [
        single.faces[0].label
    ] * 2
    decided = [row["label"] for row in rows if row["label"] and not row["duplicate_of"]]
    for label in (*reader.labels, UNCERTAIN):
        row = page.locator(".bars:visible tr").filter(
            has=page.get_by_role("rowheader", name=label, exact=True)
        )
        expect(row).to_contain_text(f"{100 * decided.count(label) / faces:.1f} %")
    expect(page.get_by_role("cell", name=f"Male/{HOSTILE}", exact=True)).to_be_visible()
    report = downloaded(page, "faces.html")
    assert report.count("<figure") == 5
    assert "http" not in report
    assert_accessible(page)


@SIZES
def test_check(page, reader, packed):
    open_tab(page, "Check")
    send_file(page, packed)
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


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light")])
def test_check_wants_class_folders(page, tmp_path):
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as out:
        out.write(EXAMPLES / "cat.jpg", "cat.jpg")
    open_tab(page, "Check")
    send_file(page, tmp_path / "flat.zip")
    expect(page.get_by_role("alert").filter(has_text="“Male” or “Female”")).to_be_visible()


@SIZES
def test_about(page):
    open_tab(page, "About")
    for word in ("Meant for", "Not for", "Your photos", "How good it is", "Call it"):
        expect(page.get_by_role("heading", name=word)).to_be_visible()
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
        expect(page.get_by_text("Share right by label x race")).not_to_be_visible()
        page.get_by_text(strings.CROSSED).click()
        expect(page.get_by_text("Share right by label x race")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert_accessible(page)


@SIZES
def test_nothing_is_wider_than_the_screen(page, size):
    for tab in ("Photo", "Live", "Folder", "Check", "About"):
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
