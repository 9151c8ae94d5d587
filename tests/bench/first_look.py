"""A served page -> what it weighs, how soon it can be used, and how soon an example is answered."""

import sys
import time
from dataclasses import astuple, dataclass
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from face_gender.reader import open_reader
from tests.bench.timing import seconds, take_turns
from tests.conftest import ROOT, serve
from tests.support.browser import CHROMIUM

PHOTO = ROOT / "space" / "examples" / "astronaut.jpg"
USABLE = "[role=tabpanel] input[type=file]"
EXAMPLE = "[alt='Example: astronaut']"
ANSWER = ".photo .face"
SETTLE = 1000  # ms, in which the rest of the page comes


@dataclass(frozen=True)
class Look:
    """One visit: kB over the wire with an empty cache, then seconds with a full one."""

    kilobytes: float
    usable: float
    example: float

    def row(self) -> list[float]:
        """As take_turns wants it."""
        return list(astuple(self))


def first_looks(rounds: int) -> dict[str, np.ndarray]:
    """Rounds -> `look`, as Look has it, and seconds of /predict and of the reader alone, in turns.

    Raises RuntimeError where there is no Chromium.
    """
    if CHROMIUM is None:
        raise RuntimeError("no Chromium: install it, or set CHROMIUM to its path")
    with (
        TemporaryDirectory() as scratch,
        serve([sys.executable, "app.py"], ROOT, GRADIO_TEMP_DIR=scratch) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # Left to itself, a client reads the certificates anew for each request, even over http.
        client = Client(address, verbose=False, ssl_verify=httpx.create_ssl_context())
        reader, file = open_reader(), handle_file(PHOTO)
        taken = take_turns({"look": lambda: look(browser, address).row()}, rounds)
        browser.close()  # what it still tidies up would count against the answers
        calls = {
            "predict": lambda: [seconds(lambda: client.predict(file, api_name="/predict"))],
            "reader": lambda: [seconds(lambda: reader.read(PHOTO))],
        }
        return taken | take_turns(calls, 2 * rounds)


def look(browser: Browser, address: str) -> Look:
    """Visit a page twice, as someone who never was there and as someone who comes back."""
    context = browser.new_context()
    try:
        kilobytes = weigh(context, address)
        page = context.new_page()
        usable = usable_after(page, address)
        return Look(kilobytes, usable, answer_after(page))
    finally:
        context.close()


def weigh(context: BrowserContext, address: str) -> float:
    """A page with an empty cache -> kB that came over the wire, heads included."""
    page, sizes = context.new_page(), list[float]()
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(address)
    page.locator(EXAMPLE).wait_for()
    page.wait_for_timeout(SETTLE)
    page.close()
    return sum(sizes) / 1000


def usable_after(page: Page, address: str) -> float:
    """Seconds from asking for the page until a photo can be chosen."""
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(USABLE).first.wait_for(state="attached")
    page.locator(EXAMPLE).wait_for()
    return time.perf_counter() - start


def answer_after(page: Page) -> float:
    """Seconds from the click on an example until its face is marked."""
    page.locator(EXAMPLE).wait_for()
    start = time.perf_counter()
    page.locator(EXAMPLE).click()
    page.locator(ANSWER).first.wait_for()
    return time.perf_counter() - start
