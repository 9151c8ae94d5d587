"""Draws README's pictures, and the one that stands for the page, in Chromium."""

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from face_gender.ui.head import CARD
from tests.conftest import ROOT, serve
from tests.support.browser import (
    DESKTOP,
    EXAMPLES,
    PHONE,
    open_browser,
    open_page,
    open_tab,
    send_file,
    write_camera,
)

DOCS = ROOT / "docs"
WAIT = 60_000  # ms
SHARED = (1200, 630)  # px, of the picture that stands for the page where it is shared


def main() -> None:
    """Serve the bundled model and photograph the page."""
    DOCS.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, Image.open(EXAMPLES / "astronaut.jpg") as astronaut:
        camera = write_camera(astronaut, Path(folder) / "face.mjpeg")
        with (
            serve([sys.executable, "app.py"], ROOT, GRADIO_TEMP_DIR=folder) as address,
            open_browser(camera) as browser,
        ):
            take(browser, address, "app", photo="astronaut.jpg")
            take(browser, address, "faces", photo="group.jpg", scheme="dark")
            take(browser, address, "phone", photo="astronaut.jpg", size=PHONE)
            take(browser, address, "about", tab="About")
            with open_page(browser, address, SHARED) as page:
                show(page, "astronaut.jpg")
                page.wait_for_timeout(500)
                page.screenshot(path=CARD, type="jpeg", quality=70)


def take(
    browser: Browser, address: str, name: str, photo="", tab="Photo", size=DESKTOP, scheme="light"
) -> None:
    """One picture, of the whole page."""
    with open_page(browser, address, size, scheme) as page:
        open_tab(page, tab)
        if photo:
            show(page, photo)
        page.wait_for_timeout(500)
        taken = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        taken.convert("RGB").quantize(256).save(
            DOCS / f"{name}.png", optimize=True
        )  # a third of the bytes


def show(page: Page, photo: str) -> None:
    """An example, until all is said of it."""
    send_file(page, EXAMPLES / photo)
    expect(page.get_by_alt_text("Bright where hiding")).to_be_visible(timeout=WAIT)


if __name__ == "__main__":
    main()
