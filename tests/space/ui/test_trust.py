"""What is believed of visitors and their requests: nothing that was not checked."""

import asyncio
import socket
import threading
import time
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec

import httpx
import pytest

from face_gender.ui import strings
from tests.conftest import ROOT
from tests.torture.app import Visitor, as_file, running

SEND_THE_FILE = "Addresses are not fetched here: please send the file itself."


def address_of(content: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(content).decode()


@pytest.fixture(scope="module")
def app(small_model, tmp_path_factory):
    limits = {"MAX_MESSAGE_MB": 1, "MAX_UPLOADS_MB": 2, "KEPT_SECONDS": 5}
    with running(tmp_path_factory.mktemp("uploads"), MODEL_ID=small_model, **limits) as app:
        yield app


@pytest.fixture
def visitor(app):
    with Visitor(app.address) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def elsewhere():
    """A server that notes who asks it -> its address and the paths that were asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/photo.jpg", asked
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "address",
    [
        None,
        "http://169.254.169.254/latest",
        "https://example.com/a.jpg",
        "ftp://a/b.jpg",
        "HTTP://A/b",
    ],
)
@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("predict", lambda file: [file]),
        ("predict_batch", lambda file: [[file]]),
        ("explain", lambda file: [file, 1]),
        ("explain", lambda file: [None, file]),
        ("predict", lambda file: [{"a": {"b": [file]}}]),
    ],
)
def test_no_address_is_fetched(visitor, elsewhere, address, endpoint, data):
    place, asked = elsewhere
    kind, said = visitor.ask(endpoint, *data(as_file(address or place)))
    assert kind == "error"
    assert asked == []
    assert said["error"] in (SEND_THE_FILE, "Send a photo.")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mcp") is None, reason="the tools need `pip install gradio[mcp]`")
def test_tools_fetch_no_address_and_leave_no_file(app, elsewhere, astronaut_file):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    place, asked = elsewhere
    photo = address_of(astronaut_file.read_bytes())

    async def ask(photo: str) -> str:
        async with (
            streamable_http_client(f"{app.address}/gradio_api/mcp/") as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            name = (await session.list_tools()).tools[0].name
            answer = await session.call_tool(name, {"photo": photo})
            return answer.content[0].text

    assert SEND_THE_FILE in asyncio.run(ask(place))
    assert asked == []
    assert '"faces"' in asyncio.run(ask(photo))
    wait_until_empty(app)


def wait_until_empty(app, seconds: float = 40) -> None:
    """Until nothing that visitors sent lies on the disk, and nothing lies beside."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and app.kept_files():
        time.sleep(0.2)
    assert app.kept_files() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    ["/etc/passwd", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd",
     "app.py", "space/app.py", str(ROOT / "README.md"),
     "//etc/passwd", "file:///etc/passwd", "/proc/self/environ",
     "space/model/config.json", ".git/config", "%00/etc/passwd"],
)  # fmt: skip
def test_nothing_outside_the_cache_is_served(app, visitor, place):
    for route in (
        "/gradio_api/file=",
        "/file=",
        "/gradio_api/file/",
        "/gradio_api/proxy=",
        "/static/",
        "/assets/",
        "/svelte/",
    ):
        answer = httpx.get(f"{app.address}{route}{place}", trust_env=False)
        assert answer.status_code in (400, 403, 404, 422), f"{route}: {answer.status_code}"
        assert "root:" not in answer.text
    kind, said = visitor.ask("predict", as_file(place))
    assert kind == "error"
    assert "root:" not in str(said)


@pytest.mark.slow
@pytest.mark.parametrize("route", ["file=", "file/"])
@pytest.mark.parametrize(
    "address", ["https://example.com/a.jpg", "http://127.0.0.1:9/a", "https:%2F%2Fexample.com"]
)
def test_no_file_is_served_from_an_address(app, route, address):
    for ask in (httpx.get, httpx.head):
        assert ask(f"{app.address}/gradio_api/{route}{address}", trust_env=False).status_code == 404
    assert httpx.get(f"{app.address}/gradio_api/{route}{address}", trust_env=False).json() == {
        "detail": strings.NOT_HERE
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "route",
    [
        "process_recording",
        "vibe-edit",
        "vibe-code",
        "vibe-starter-queries",
        "undo-vibe-edit",
        "component_server",
        "run-history/connect",
    ],
)
def test_what_gradio_offers_beside_is_not_here(app, route):
    assert (
        httpx.post(f"{app.address}/gradio_api/{route}", json={}, trust_env=False).status_code == 404
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "route",
    ["monitoring", "monitoring/summary", "monitoring/x", "gradio_api/run-history/records",
     "dev/reload"],
)  # fmt: skip
def test_nobody_watches_other_visitors(app, route):
    assert httpx.get(f"{app.address}/{route}", trust_env=False).status_code in (403, 404)


@pytest.mark.slow
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize(
    ("route", "megabytes"), [("call/predict", 1), ("queue/join", 1), ("upload", 2)]
)
def test_requests_that_weigh_too_much_are_refused(app, route, megabytes, told):
    """Told by Content-Length, or only found out on the way."""
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n' + bytes(
        megabytes * 1_000_000
    )
    kind = "multipart/form-data; boundary=b" if route == "upload" else "application/json"
    content = body if told else iter([body[: len(body) // 2], body[len(body) // 2 :]])
    answer = httpx.post(
        f"{app.address}/gradio_api/{route}",
        content=content,
        headers={"Content-Type": kind},
        trust_env=False,
    )
    assert answer.status_code == 413
    assert answer.json()["detail"].endswith("please send less at once.")


@pytest.mark.slow
def test_uploads_that_break_off_are_purged_too(app):
    wait_until_empty(app)
    host, port = app.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: a\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n"
        )
        line.sendall(
            b"Content-Length: 900000\r\n\r\n--b\r\n"
            b'Content-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
        )
        line.sendall(bytes(200_000))
        end = time.monotonic() + 20
        while not app.kept_files() and time.monotonic() < end:
            time.sleep(0.05)
        assert app.kept_files()
    wait_until_empty(app)


@pytest.mark.slow
def test_two_apps_share_no_state(app, visitor, astronaut_file):
    """Two apps with the same base for uploads share no file, answer or limit."""
    photo = astronaut_file.read_bytes()
    with running(app.uploads, MAX_UPLOADS_MB=2) as other, Visitor(other.address) as second:
        (path,) = visitor.upload([("a.jpg", photo)])
        kind, _ = second.ask("predict", as_file(path))
        assert kind == "error"
        assert httpx.get(
            f"{other.address}/gradio_api/file={path}", trust_env=False
        ).status_code in (403, 404)
        assert (
            visitor.predict("a.jpg", photo)[1]["model"]
            != second.predict("a.jpg", photo)[1]["model"]
        )
    assert visitor.predict("a.jpg", photo)[0] == "complete"
