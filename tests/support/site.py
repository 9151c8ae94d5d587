"""A site on loopback that fails in every way a server can."""

import io
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.support.pictures import noise


def jpeg(seed: int) -> bytes:
    packed = io.BytesIO()
    noise(seed).save(packed, "JPEG")
    return packed.getvalue()


class Handler(BaseHTTPRequestHandler):
    """`/ok/N.jpg` is a picture; each other path fails in its own way."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.server.times.append(time.monotonic())
        self.server.agents.add(self.headers["User-Agent"])
        answer = getattr(self, self.path.split("/")[1].partition(".")[0], None)
        if answer is None:
            self.send(404)
        else:
            answer()

    def send(
        self, status: int, content: bytes = b"", length: int | None = None, **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def first_times(self, times: int) -> bool:
        return self.server.asked[self.path] <= times

    def robots(self) -> None:
        if self.server.robots.startswith("/"):
            self.send(302, Location=self.server.robots)
        else:
            self.send(200, self.server.robots.encode())

    def rules(self) -> None:
        """Without an end."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"User-agent: *\nDisallow: /secret/\n")
        self.server.written = 0
        for _ in range(100_000):
            self.server.written += self.wfile.write(b"# a remark\n" * 1000)

    def ok(self) -> None:
        time.sleep(self.server.delay)
        self.send(200, jpeg(int(Path(self.path).stem)))

    def secret(self) -> None:
        self.ok()

    def page(self) -> None:
        self.send(200, b"<html>a page</html>")

    def gone(self) -> None:
        self.send(410)

    def huge(self) -> None:
        self.send(200, b"x" * 1000, length=10**9)
        self.close_connection = True

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b"x" * 1000)
        self.close_connection = True

    def slow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b"x")
            time.sleep(0.1)
        self.close_connection = True

    def cut(self) -> None:
        self.send(200, jpeg(1)[:500], length=5000)
        self.close_connection = True

    def once(self) -> None:
        """Cut, then busy, then broken, then right."""
        number = self.server.asked[self.path]
        if number == 1:
            self.cut()
        elif number == 2:
            self.send(429, Retry_After="1")
        elif number == 3:
            self.send(503)
        else:
            self.send(200, jpeg(7))

    def busy(self) -> None:
        self.send(429, Retry_After="3600")

    def moved(self) -> None:
        self.send(302, Location="/ok/5.jpg")

    def round(self) -> None:
        self.send(302, Location=self.path)

    def hidden(self) -> None:
        self.send(302, Location="/secret/5.jpg")

    def elsewhere(self) -> None:
        self.send(302, Location="file:///etc/hostname")

    def nowhere(self) -> None:
        self.send(302, Location="http://[x/")

    def log_message(self, *_: object) -> None:
        pass
