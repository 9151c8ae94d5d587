"""Draws README's pictures in Chromium: `python -m tests.screenshots` writes docs/*.png."""

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.conftest import ROOT, serve
from tests.support.browser import (
    DESKTOP,
    PHONE,
    open_browser,
    open_page,
    open_tab,
    send_file,
    write_camera,
)

DOCS = ROOT / "docs"
EXAMPLES = ROOT / "space" / "examples"
WAIT = 60_000  # ms


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
            take(browser, address, "faces", photo="eight-ways.jpg", scheme="dark")
            take(browser, address, "phone", photo="astronaut.jpg", size=PHONE)
            take(browser, address, "about", tab="About")


def take(
    browser: Browser, address: str, name: str, photo="", tab="Photo", size=DESKTOP, scheme="light"
) -> None:
    """One picture, of the whole page."""
    with open_page(browser, address, size, scheme) as page:
        open_tab(page, tab)
        if photo:
            send_file(page, EXAMPLES / photo)
            expect(page.get_by_alt_text("Bright where hiding")).to_be_visible(timeout=WAIT)
        page.wait_for_timeout(500)
        taken = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        taken.convert("RGB").quantize(256).save(
            DOCS / f"{name}.png", optimize=True
        )  # a third of the bytes


if __name__ == "__main__":
    main()
