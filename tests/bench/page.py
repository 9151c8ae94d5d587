"""How long the page takes on an idle machine: `make bench` prints medians; no time fails."""

import sys
import time
from collections.abc import Callable
from statistics import median

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import ROOT, serve
from tests.support.browser import CHROMIUM, open_browser, open_page, write_camera

CALLS = 25
EMPTY = """
import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    gr.Button().click(lambda photo: {"faces": []}, gr.File(), gr.JSON(), api_name="predict")
page.launch(run_history=False, ssr_mode=False)
"""
# Left to itself, a client reads the certificates anew for each request, even over http.
CLIENTS = {
    "default client": {},
    "client as the About tab shows": {"ssl_verify": httpx.create_ssl_context()},
}


def milliseconds(call: Callable[[], object]) -> float:
    """Median of CALLS."""
    taken = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def test_predict_against_the_reader(served, reader, astronaut_file, tmp_path):
    """The target is 60 ms; an empty endpoint shows how much of it Gradio and its client take."""
    reads = milliseconds(lambda: reader.read(astronaut_file))
    print(f"\nreader {reads:.0f} ms")
    with serve([sys.executable, "-c", EMPTY], tmp_path, GRADIO_TEMP_DIR=tmp_path) as empty:
        for name, options in CLIENTS.items():
            nothing, taken = (
                predict_milliseconds(address, astronaut_file, options)
                for address in (empty, served)
            )
            print(
                f"{name} {taken:.0f} ms, {taken - reads:.0f} ms above the reader; "
                f"an empty endpoint {nothing:.0f} ms"
            )


def predict_milliseconds(address, file, options) -> float:
    client = Client(address, verbose=False, **options)
    return milliseconds(lambda: client.predict(handle_file(file), api_name="/predict"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_start_to_answer(small_model, astronaut, tmp_path):
    """The target: 5 s from the page's first request to the example's answer."""
    command, camera = (
        [sys.executable, "app.py"],
        write_camera(Image.fromarray(astronaut), tmp_path / "face.mjpeg"),
    )
    with (
        serve(command, ROOT, MODEL_ID=small_model, GRADIO_TEMP_DIR=tmp_path) as address,
        open_browser(camera) as browser,
    ):
        start = time.perf_counter()
        with open_page(browser, address) as page:
            page.get_by_alt_text("Example: astronaut").click()
            expect(page.locator(".photo .face")).to_have_count(1, timeout=60_000)
        print(f"\nfirst request to answer {time.perf_counter() - start:.1f} s")
