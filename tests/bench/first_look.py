"""A served page -> what it weighs, how soon it can be used, and how soon an example is answered."""

import time
from dataclasses import astuple, dataclass

from playwright.sync_api import Browser, BrowserContext, Page

USABLE = "[role=tabpanel] input[type=file]"
EXAMPLE = "[alt='Example: astronaut']"
ANSWER = ".photo .face"


@dataclass(frozen=True)
class Look:
    """One visit: kB over the wire with an empty cache, then seconds with a full one."""

    kilobytes: float
    usable: float
    example: float

    def row(self) -> list[float]:
        """As take_turns wants it."""
        return list(astuple(self))


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
    page.goto(address, wait_until="networkidle")
    page.locator(EXAMPLE).wait_for()
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
