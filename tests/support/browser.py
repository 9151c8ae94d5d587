"""A real browser on the served page: Chromium, with a camera that shows a face."""

import io
import os
import shutil
import signal
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from tests.conftest import ROOT

expect.set_options(timeout=60_000)  # ms: a busy machine is slow, not wrong
EXAMPLES = ROOT / "space" / "examples"
EIGHT_WAYS = Path(__file__).with_name("eight-ways.jpg")  # made from the astronaut

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
LONGEST = 300  # s, that one page may take a busy machine
DESKTOP, PHONE = (1280, 900), (390, 844)
AT_DESK = pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light")], ids=["desktop"])
SIZES = pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium: `apt-get install chromium`, or set CHROMIUM to its path",
    ),
]
ELSEWHERE = "elsewhere.test"  # a name for this machine that browsers do not take for it
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
        f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TimeoutError after that long, and again: what runs in a page knows no other limit."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"the page was busy for more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 30)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def open_page(
    browser: Browser,
    address: str,
    size=DESKTOP,
    scheme="light",
    complains=False,
    first="",
    **options,
) -> Iterator[Page]:
    """The page; fails on exit if it asked another host, or if the console complained.

    first: a script that runs before any of the page's; options: of the browser's context
    """
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        permissions=list(ALLOWANCES),
        **options,
    )
    page = context.new_page()
    page.add_init_script(first)
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
    with at_most(LONGEST):
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        yield page
        context.close()
    assert foreign == []
    assert complains or complaints == []


def open_tab(page: Page, name: str) -> None:
    """By the tab's name."""
    page.get_by_role("tab", selected=True).wait_for()  # until then none is laid out
    page.get_by_role("tab", name=name, exact=True).click()


def send_file(page: Page, *files: Path) -> None:
    """To the upload of the tab in view."""
    page.locator("[role=tabpanel]:visible input[type=file]").first.set_input_files(
        [str(file) for file in files]
    )


def _violations(page: Page) -> list[tuple[str, str]]:
    page.wait_for_function("document.getAnimations().every(each => each.playState !== 'running')")
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found]


def assert_accessible(page: Page) -> None:
    """axe finds nothing serious; what is pale only while it fades in is looked at again."""
    if _violations(page):
        page.wait_for_timeout(1500)
        assert _violations(page) == []


@contextmanager
def answers_held(page: Page) -> Iterator[None]:
    """Keeps the page waiting for answers meanwhile."""
    held: list[Route] = []
    page.route("**/queue/data*", lambda route: held.append(route))
    yield
    for each in held:
        each.continue_()
    page.unroute("**/queue/data*")


def assert_one_progress(page: Page) -> None:
    """One box of the tab says how far it is, over nothing that follows."""
    bars = page.locator("[role=tabpanel]:visible .wrap.full:visible")
    expect(bars).to_have_count(1)
    bar, foot = bars.bounding_box(), page.locator(".foot").bounding_box()
    assert bar["height"] > 40
    assert bar["y"] + bar["height"] <= foot["y"]


def sentence(page: Page, words: str) -> Locator:
    """What the page says that has these words, without Gradio's own announcements of progress."""
    return page.locator(".said[role=status]").filter(has_text=words)


def downloaded(page: Page, name: str) -> str:
    """The text of a file that the page offers."""
    address = page.locator(f"a[download='{name}']:visible").get_attribute("href")
    return b64decode(address.split(",", 1)[1]).decode()
