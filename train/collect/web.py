"""An address -> its picture's bytes, fetched as a polite robot would, or why it failed."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from ..settings import CollectSettings

ROBOT = "face-gender-collect"
REDIRECTS = 5  # in a row, at most
LONGEST_ROBOTS = 500_000  # bytes of a robots.txt that are read (RFC 9309)
BUSY = (408, 425, 429)  # 4xx codes worth another try
WAIT_FOR_BYTES = 15.0  # s, the longest wait for the next bytes of an answer


class FetchError(Exception):
    """An address gave no picture.

    lasting: whether trying again is useless; wait: seconds that the server asks for
    """

    def __init__(self, reason: str, lasting: bool = False, wait: float = 0) -> None:
        """reason: a few words for failures.csv."""
        super().__init__(reason)
        self.lasting, self.wait = lasting, wait


@dataclass
class Site:
    """One scheme and host: its lock, its robots.txt and the time of the last request."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    robots: RobotFileParser | None = None
    asked: float = 0.0  # s, monotonic


class Fetcher:
    """Fetches addresses; safe to share between threads. Use it in a `with`."""

    def __init__(self, settings: CollectSettings) -> None:
        """Sends nothing yet."""
        self._settings = settings
        agent = f"{ROBOT}/1.0" + (f" ({settings.contact})" if settings.contact else "")
        self._client = httpx.Client(
            headers={"User-Agent": agent}, timeout=min(WAIT_FOR_BYTES, settings.max_seconds)
        )
        self._sites: dict[str, Site] = {}
        self._lock = threading.Lock()
        self.stopped = threading.Event()  # once set, every wait ends with a FetchError

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._client.close()

    def fetch(self, url: str) -> tuple[bytes, str]:
        """An address -> its bytes, and the address after redirects. Raises FetchError."""
        wait = self._settings.backoff
        for left in reversed(range(self._settings.tries)):
            try:
                return self._follow(url)
            except FetchError as error:
                if error.lasting or not left or max(wait, error.wait) > self._settings.patience:
                    raise
                self._sleep(max(wait, error.wait))
                wait *= 2
        raise FetchError("not tried", lasting=False)

    def _follow(self, url: str) -> tuple[bytes, str]:
        for _ in range(REDIRECTS + 1):
            site = self._site(url)
            self._obey_robots(site, url)
            with self._answer(site, url) as response:
                if not response.has_redirect_location:
                    return self._read_picture(response), url
                url = redirected(url, response)
        raise FetchError("too many redirects", lasting=True)

    def _site(self, url: str) -> Site:
        """Raises FetchError if the address is not http or https."""
        with self._lock:
            return self._sites.setdefault(site_of(url), Site())

    def _obey_robots(self, site: Site, url: str) -> None:
        with site.lock:
            if site.robots is None:
                site.robots = self._read_robots(urljoin(url, "/robots.txt"))
        if not site.robots.can_fetch(ROBOT, url):
            raise FetchError("robots.txt asks robots not to", lasting=True)

    def _read_robots(self, url: str) -> RobotFileParser:
        """As in RFC 9309: a missing file allows all; an unreachable one forbids all for now."""
        rules = RobotFileParser(url)
        for _ in range(REDIRECTS + 1):
            try:
                with self._client.stream("GET", url) as response:
                    if response.is_server_error or response.status_code in BUSY:
                        raise FetchError(
                            f"robots.txt cannot be read ({response.status_code})",
                            wait=asked_wait(response),
                        )
                    if not response.has_redirect_location:
                        content = (
                            self._read(response, LONGEST_ROBOTS) if response.is_success else b""
                        )
                        rules.parse(content[:LONGEST_ROBOTS].decode(errors="replace").splitlines())
                        return rules
                    url = redirected(url, response)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise FetchError(f"robots.txt cannot be read ({_words(error)})") from error
        raise FetchError("robots.txt cannot be read (too many redirects)")

    @contextmanager
    def _answer(self, site: Site, url: str) -> Iterator[httpx.Response]:
        """One request, after the site's pause -> a good answer or a redirect. Raises FetchError."""
        with site.lock:
            delay = site.robots.crawl_delay(ROBOT) if site.robots else None
            self._sleep(
                site.asked + max(self._settings.pause, float(delay or 0)) - time.monotonic()
            )
            try:
                with self._client.stream("GET", url) as response:
                    _check_status(response)
                    yield response
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise FetchError(_words(error), isinstance(error, httpx.InvalidURL)) from error
            finally:
                site.asked = time.monotonic()

    def _read_picture(self, response: httpx.Response) -> bytes:
        most = self._settings.max_megabytes * 1e6
        declared = int(response.headers.get("Content-Length", 0)) > most
        content = b"" if declared else self._read(response, most)
        if declared or len(content) > most:
            raise FetchError("too large", lasting=True)
        return content

    def _read(self, response: httpx.Response, most: float) -> bytes:
        """An answer -> its bytes, cut soon after `most`. Raises FetchError if it takes too long."""
        end = time.monotonic() + self._settings.max_seconds
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > most:
                break
            if time.monotonic() > end or self.stopped.is_set():
                raise FetchError("too slow")
        return bytes(content)

    def _sleep(self, seconds: float) -> None:
        if seconds > 0 and self.stopped.wait(seconds):
            raise FetchError("stopped")


def site_of(url: str) -> str:
    """An address -> its scheme and host. Raises FetchError if it is not http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError("not an http or https address", lasting=True)
    return f"{parts.scheme}://{parts.netloc}"


def redirected(url: str, response: httpx.Response) -> str:
    """An address and its redirect -> the next address. Raises FetchError if it is not allowed."""
    try:
        target = urljoin(url, response.headers["Location"])
    except ValueError as error:
        raise FetchError("redirects to a broken address", lasting=True) from error
    if is_private(target) and not is_private(url):
        raise FetchError("redirects into a private network", lasting=True)
    return target


def asked_wait(response: httpx.Response) -> float:
    """An answer's Retry-After, in seconds or as a date -> seconds from now; 0 if not given."""
    said = response.headers.get("Retry-After", "")
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def is_private(url: str) -> bool:
    """Whether an address leads into this machine or its network; False if it has no IP."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None)
    except (OSError, UnicodeError):
        return False
    return any(not ip_address(str(place[0]).partition("%")[0]).is_global for *_, place in found)


def _check_status(response: httpx.Response) -> None:
    if response.is_success or response.has_redirect_location:
        return
    lasting = response.is_client_error and response.status_code not in BUSY
    raise FetchError(
        f"{response.status_code} {response.reason_phrase}", lasting, asked_wait(response)
    )


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
