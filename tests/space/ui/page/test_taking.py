"""Photos of every kind reach the page in a real browser: chosen, dropped, pasted, as folders."""

import io
import zipfile
from base64 import b64encode

from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import AT_DESK, EXAMPLES, IN_A_BROWSER, open_tab, sentence

pytestmark = IN_A_BROWSER

NO_TYPE = [  # name, the type by the browser's own lights, and the format
    ("IMG_0001.HEIC", "", "HEIF"),
    ("DSC01234.HIF", "application/octet-stream", "HEIF"),
    ("R0010001.MPO", "", "MPO"),
    ("scan.J2K", "", "JPEG2000"),
    ("photo.jpg.download", "text/plain", "JPEG"),
    ("no-suffix", "", "AVIF"),
]
PASTE = """address => fetch(address).then(answer => answer.blob())
    .then(blob => navigator.clipboard.write([new ClipboardItem({'image/png': blob})]))"""
DROP = """([address, name, type]) => fetch(address).then(answer => answer.blob()).then(blob => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], name, {type}));
    return transfer;
})"""
# What a browser gives of a dropped folder; scripts cannot drop a real one.
FOLDER = """address => fetch(address).then(answer => answer.blob()).then(blob => {
    const file = path => ({name: path, isFile: true, file: done => done(new File([blob], path))});
    const folder = (name, ...inside) => ({name, isDirectory: true, createReader: () => (
        {readEntries: done => done(inside.splice(0))})});
    const faces = folder('faces', folder('Female', file('a.png'), file('.hidden')),
        folder('Male', file('a.png'), file('ü.png')));
    const items = [{kind: 'file', webkitGetAsEntry: () => faces}];
    const drop = new DragEvent('drop', {bubbles: true, cancelable: true});
    Object.defineProperty(drop, 'dataTransfer', {value: {types: ['Files'], files: [], items}});
    document.body.dispatchEvent(drop);
})"""


def encoded(pixels, kind: str) -> bytes:
    packed = io.BytesIO()
    options = {"save_all": True} if kind == "MPO" else {}
    Image.fromarray(pixels).save(packed, kind, **options)
    return packed.getvalue()


def choose(page, name: str, kind: str, content: bytes) -> None:
    """A file of any type, in the upload of the tab in view."""
    box = page.locator("[role=tabpanel]:visible input[type=file]").first
    box.set_input_files({"name": name, "mimeType": kind, "buffer": content})


@AT_DESK
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
    read = sentence(page, f"{len(files)} photos")
    expect(read).to_contain_text("6 photos, 1 face, ")  # copies count once
    expect(read).to_contain_text("0 that could not be read")
    open_tab(page, "Check")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("Female/IMG_0001.HEIC", encoded(astronaut, "HEIF"))
    choose(page, "FACES.ZIP", "", packed.getvalue())
    expect(sentence(page, "of 1 face right")).to_be_visible()


@AT_DESK
def test_pasted_and_dropped_anywhere_at_any_time(page, astronaut):
    address = "data:image/png;base64," + b64encode(encoded(astronaut, "PNG")).decode()

    cat = "data:image/jpeg;base64," + b64encode((EXAMPLES / "cat.jpg").read_bytes()).decode()

    def drop(name: str, kind: str, place: str = "footer", shown: str = address) -> None:
        dropped = {"dataTransfer": page.evaluate_handle(DROP, [shown, name, kind])}
        page.locator(place).first.dispatch_event("drop", dropped)

    page.evaluate(PASTE, address)
    page.keyboard.press("Control+V")
    faces = page.locator(".photo .face")
    expect(faces).to_have_count(1)
    for name, kind, place in (("FACE", "", "footer"), ("face.png", "image/png", ".photo")):
        drop("cat.jpg", "image/jpeg", shown=cat)
        expect(page.get_by_text("No face found.").first).to_be_visible()
        drop(name, kind, place)
        expect(faces).to_have_count(1)
    page.evaluate(PASTE, address)
    choose(page, "no.jpg", "image/jpeg", b"no picture")
    expect(page.get_by_role("alert").filter(has_text="This is not a picture")).to_be_visible()
    page.keyboard.press("Control+V")
    expect(faces).to_have_count(1)
    open_tab(page, "Folder")
    for name in ("a.png", "b.png"):  # in place of what is there
        drop(name, "image/png")
        expect(page.locator(".sorted:visible tbody td:first-child")).to_have_text([name])


@AT_DESK
def test_folders_are_dropped_and_chosen(page, astronaut, tmp_path):
    address = "data:image/png;base64," + b64encode(encoded(astronaut, "PNG")).decode()
    open_tab(page, "Check")
    page.evaluate(FOLDER, address)
    expect(sentence(page, "of 2 faces right")).to_be_visible()
    open_tab(page, "Folder")
    page.evaluate(FOLDER, address)
    expect(sentence(page, "3 photos, 1 face")).to_be_visible()
    expect(page.get_by_role("cell", name="faces/Male/ü.png", exact=True)).to_be_visible()
    for name in ("one", "two"):
        (tmp_path / "chosen" / name).mkdir(parents=True)
        Image.fromarray(astronaut).save(tmp_path / "chosen" / name / "a.jpg")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").locator("visible=true").click()
    chooser.value.set_files(tmp_path / "chosen")
    expect(page.get_by_role("cell", name="chosen/two/a.jpg", exact=True)).to_be_visible()
