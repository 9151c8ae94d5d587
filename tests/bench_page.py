"""How long the page takes, on a machine that does nothing else: `make bench` prints medians; nothing here can fail on time."""

import sys
import time
from collections.abc import Callable
from statistics import median

import pytest
from gradio_client import Client, handle_file
from PIL import Image
from playwright.sync_api import expect

from .browser import CHROMIUM, open_browser, open_page, write_camera
from .conftest import ROOT, serve

CALLS = 25


def milliseconds(call: Callable[[], object]) -> float:
    """Median of CALLS."""
    taken = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def test_predict_against_the_reader(served, reader, astronaut_file):
    """The target: 60 ms. A client with checks of certificates makes its TLS context anew for each call, even for http."""
    file = handle_file(astronaut_file)
    reads = milliseconds(lambda: reader.read(astronaut_file))
    print(f"\nreader {reads:.0f} ms")
    for name, options in (("default client", {}), ("client without TLS", {"ssl_verify": False})):
        client = Client(served, verbose=False, **options)
        taken = milliseconds(lambda client=client: client.predict(file, api_name="/predict"))
        print(f"{name} {taken:.0f} ms, {taken - reads:.0f} ms above the reader")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_start_to_answer(small_model, astronaut, tmp_path):
    """The target: 5 s from the page's first request to the example's answer."""
    command, camera = [sys.executable, "app.py"], write_camera(Image.fromarray(astronaut), tmp_path / "face.mjpeg")
    with serve(command, ROOT, MODEL_ID=small_model, GRADIO_TEMP_DIR=tmp_path) as address, open_browser(camera) as browser:
        start = time.perf_counter()
        with open_page(browser, address) as page:
            page.get_by_alt_text("Example: astronaut").click()
            expect(page.locator(".photo .face")).to_have_count(1, timeout=60_000)
        print(f"\nfirst request to answer {time.perf_counter() - start:.1f} s")
