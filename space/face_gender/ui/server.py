"""A page -> a server that limits requests and, on SIGTERM, answers what it accepted and exits."""

import asyncio
import re
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..runtime.address import ask_no_proxy
from ..settings import PageSettings
from . import strings
from .api import ENDPOINTS
from .head import card_route
from .plain import RETRY_AFTER, plain_routes, say_invalid

DELIVERY = 5.0  # seconds in which an answer that is ready reaches its visitor
FORGET_EVERY = 60.0  # seconds
QUEUE_SECONDS, PROGRESS_SECONDS = 0.005, 0.05  # between looks at each while nobody asks
RESTART = 60  # seconds until a page that stops is there again
API = "/gradio_api/"
UPLOAD = "upload"
CLOSED = (
    "proxy",
    "deep_link",
)  # which ask other servers, as a file at an address does, and leave files on this one
TAKEN = (
    UPLOAD,
    "queue",
    "call",
    "api",
    "run",
    "cancel",
    "reset",
    "stream",
    "mcp",
    *ENDPOINTS,
)  # Gradio answers more, which nobody needs


class PackedPage:
    """Packs the page itself, a fifth of its size then: Gradio packs only what has a suffix."""

    def __init__(self, app: ASGIApp) -> None:
        """app: that serves the page at /."""
        self._app, self._packing = app, GZipMiddleware(app, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        page = scope["type"] == "http" and scope["path"] == "/"
        await (self._packing if page else self._app)(scope, receive, send)


class TooLargeError(OSError):
    """A request's body is larger than allowed."""


class RequestLimits:
    """All requests pass here: no path elsewhere, nothing new while stopping, no oversized body."""

    def __init__(self, app: ASGIApp, settings: PageSettings, going: threading.Event) -> None:
        """going: set once the page takes nothing more."""
        self._app, self._settings, self._going = app, settings, going

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, asked = scope["path"].partition(API)[2], asked_for(scope["path"])
        asks_only = scope["method"] in ("GET", "HEAD", "OPTIONS")
        if asked in CLOSED or "://" in path or not (asks_only or asked in TAKEN):
            await _refuse(strings.NOT_HERE, 404)(scope, receive, send)
        elif said := unknown_endpoint(path):
            await _refuse(said, 404)(scope, receive, send)
        elif asks_only:
            await self._app(scope, receive, send)
        elif self._going.is_set():
            await _refuse(strings.GOING, 503)(scope, receive, send)
        else:
            files, messages = self._settings.max_uploads_mb, self._settings.max_message_mb
            megabytes = files if asked in (UPLOAD, *ENDPOINTS) else messages
            await self._bounded(megabytes, scope, receive, send)

    async def _bounded(self, megabytes: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes, and stop at the limit, whatever the request says of its length.

        Starlette's RequestBodyLimitMiddleware answers in plain words of its own, and only where no
        handler catches its exception; every refusal here is one sentence as JSON.
        """
        left = megabytes * 1_000_000

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLargeError
            return message

        async def unless_over(message: Message) -> None:
            if left >= 0:
                await send(_with_retry(message))

        with suppress(TooLargeError):
            await self._app(scope, counted, unless_over)
        if left < 0:
            await _refuse(strings.TOO_MUCH.format(megabytes=megabytes), 413)(scope, receive, send)


def asked_for(path: str) -> str:
    """A request's path -> the first word of Gradio's API in it, or the endpoint it posts to."""
    inner = path.partition(API)[2]
    return re.split("[/=]", inner)[0] if inner else path.strip("/")


def unknown_endpoint(path: str) -> str:
    """A path within Gradio's API -> a sentence if it calls what is no endpoint, or nothing."""
    called = re.match(r"(?:call(?:/v2)?|run|api)/([^/]+)", path)
    if not called or called[1] in ENDPOINTS:
        return ""
    names = ", ".join(f"/{name}" for name in ENDPOINTS)
    return strings.NO_ENDPOINT.format(name=f"/{called[1]}", names=names)


def serve_page(page: gr.Blocks, settings: PageSettings, **options: Any) -> None:
    """Launch the page, wait for SIGTERM, finish what was taken, go; Ctrl-C is raised at once."""
    ask_no_proxy()
    going = threading.Event()
    door = Middleware(RequestLimits, settings=settings, going=going)
    signal.signal(signal.SIGTERM, lambda *_: going.set())
    kwargs = {
        "middleware": [door, Middleware(PackedPage)],
        "lifespan": forgetting(page, settings.kept_seconds),
        "routes": [card_route(), *plain_routes()],
        "exception_handlers": {RequestValidationError: say_invalid},
    }
    look_less_often(page)
    page.launch(prevent_thread_lock=True, app_kwargs=kwargs, **options)
    try:
        while page.is_running and not going.wait(1):
            pass
        finish(page, settings.shutdown_seconds)
    finally:
        page.close(verbose=False)


def look_less_often(page: gr.Blocks) -> None:
    """Let an idle page rest: Gradio looks at its queue a thousand times a second."""
    queue = page._queue
    queue.sleep_when_free = QUEUE_SECONDS
    queue.progress_update_sleep_when_free = PROGRESS_SECONDS


def forgetting(
    page: gr.Blocks, kept_seconds: float
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """A page -> its server's lifespan, in which unused sessions and deleted files are forgotten."""
    used: dict[str, datetime] = {}

    async def forget_often() -> None:
        while True:
            await asyncio.sleep(min(FORGET_EVERY, kept_seconds / 2))
            forget_sessions(page, kept_seconds, used)
            forget_files(page)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(forget_often())
        yield
        task.cancel()

    return lifespan


def forget_sessions(page: gr.Blocks, kept_seconds: float, used: dict[str, datetime]) -> None:
    """Drop what each session holds, shown or waiting to be fetched, once unused for that long.

    Gradio holds it until many more visitors came, and names of fetched answers for ever. A session
    whose request waits or runs counts as used now. used: last use of each session, updated here.
    """
    holder, queue, now = page.state_holder, page._queue, datetime.now()
    unfetched = (queue.pending_messages_per_session, queue.pending_event_ids_session)
    for session in chain(*unfetched):
        used.setdefault(session, now)
    waiting = [each.queue for each in queue.event_queue_per_concurrency_id.values()]
    with holder.lock:
        for session, last in holder.time_last_used.items():
            used[session] = max(last, used.get(session, last))
        used |= {
            event.session_hash: now for event in chain(*waiting, *filter(None, queue.active_jobs))
        }
        for session, last in list(used.items()):
            if (
                abs((now - last).total_seconds()) > kept_seconds
            ):  # its sign changes where the clock jumps
                for held in (holder.session_data, holder.time_last_used, *unfetched, used):
                    held.pop(session, None)


def forget_files(page: gr.Blocks) -> None:
    """Drop the names of files that are gone. Gradio keeps those of files that others removed."""
    for names in page.temp_file_sets:
        names.difference_update(
            [name for name in list(names) if not Path(name).exists()]
        )  # others may add meanwhile


def finish(page: gr.Blocks, seconds: float) -> None:
    """Wait until every waiting or running request is answered, and a little for delivery."""
    queue = page._queue  # Gradio offers no other way to ask
    end = time.monotonic() + seconds
    while time.monotonic() < end and (len(queue) or any(queue.active_jobs)):
        time.sleep(0.05)
    end = min(time.monotonic() + DELIVERY, end + 1)
    while time.monotonic() < end and any(queue.pending_event_ids_session.values()):
        time.sleep(0.05)


def _refuse(sentence: str, status: int) -> JSONResponse:
    again = {"Retry-After": str(RESTART)} if status == 503 else {}
    return JSONResponse({"detail": sentence}, status, {"Connection": "close", **again})


def _with_retry(message: Message) -> Message:
    """A full queue's refusal -> the same, saying in how many seconds to try again."""
    if message["type"] != "http.response.start" or message["status"] != 503:
        return message
    headers = [pair for pair in message["headers"] if pair[0].lower() != b"retry-after"]
    return {**message, "headers": [*headers, (b"retry-after", str(RETRY_AFTER).encode())]}
