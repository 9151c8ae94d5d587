"""A real browser on the served page: Chromium, with a camera that shows a face."""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
DESKTOP, PHONE = (1280, 900), (390, 844)
ALLOWED = ("data:", "blob:")
ALLOWANCES = ("camera", "clipboard-read", "clipboard-write")


def write_camera(astronaut: Image.Image, path: Path, frames: int = 40) -> Path:
    """The astronaut moving slowly to the right and back, as a film for Chromium's fake camera."""
    photo = astronaut.resize((440, 440))
    with path.open("wb") as film:
        for frame in range(frames):
            picture = Image.new("RGB", (640, 480), (120, 130, 120))
            picture.paste(photo, (40 + 3 * min(frame, frames - frame), 20))
            packed = io.BytesIO()
            picture.save(packed, "JPEG", quality=90)
            film.write(packed.getvalue())
    return path


@contextmanager
def open_browser(camera: Path) -> Iterator[Browser]:
    flags = [
        "--no-sandbox",  # as root in a container there is no other way
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@contextmanager
def open_page(
    browser: Browser, address: str, size=DESKTOP, scheme="light", complains=False
) -> Iterator[Page]:
    """The page; fails on exit if it asked another host, or if the console complained."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        permissions=list(ALLOWANCES),
    )
    page = context.new_page()
    foreign: list[str] = []
    complaints: list[str] = []
    page.on(
        "request",
        lambda request: (
            foreign.append(request.url) if not request.url.startswith((address, *ALLOWED)) else None
        ),
    )
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    yield page
    context.close()
    assert foreign == []
    assert complains or complaints == []


def open_tab(page: Page, name: str) -> None:
    """By the tab's name, from the menu where a phone is too narrow for all of them."""
    page.get_by_role("tab", selected=True).wait_for()  # until then none is laid out
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.get_by_label("More tabs").click()
        page.locator(".overflow-dropdown").get_by_text(name, exact=True).click()
    else:
        tab.click()


def send_file(page: Page, *files: Path) -> None:
    """To the upload of the tab in view."""
    page.locator("[role=tabpanel]:visible input[type=file]").first.set_input_files(
        [str(file) for file in files]
    )
