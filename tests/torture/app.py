"""The app as a process of its own, and a client of it that counts every answer."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT, wait_until_served

FILE = {"_type": "gradio.FileData"}


@dataclass(frozen=True)
class App:
    """A served app: its process, address and the folder that holds what visitors send."""

    process: subprocess.Popen[bytes]
    address: str
    uploads: Path

    def resident_mb(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def kept_files(self) -> int:
        return sum(
            len(files) for *_, files in os.walk(self.uploads)
        )  # which does not mind folders that go meanwhile


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(uploads: Path, *before: str, **variables: object) -> Iterator[App]:
    """`python app.py`, prefixed with `before` -> the app once it answers; killed on exit."""
    port = free_port()
    said = {
        "GRADIO_SERVER_PORT": port,
        "GRADIO_TEMP_DIR": uploads,
        "HF_HUB_OFFLINE": 1,
        **variables,
    }
    environ = {**os.environ, **{name: str(value) for name, value in said.items()}}
    process = subprocess.Popen(
        [*before, sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
    )
    try:
        wait_until_served(
            process, f"http://127.0.0.1:{port}/", 600
        )  # a busy machine is slow, not wrong
        yield App(process, f"http://127.0.0.1:{port}", uploads)
    finally:
        process.kill()
        process.wait()


class Visitor:
    """One who sends photos and waits for the answers."""

    def __init__(self, address: str, seconds: float = 120) -> None:
        self._client = httpx.Client(
            base_url=f"{address}/gradio_api", timeout=seconds, trust_env=False
        )

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def upload(self, files: list[tuple[str, bytes]]) -> list[str]:
        """Names and contents -> their paths on the server."""
        answer = self._client.post("/upload", files=[("files", file) for file in files])
        return answer.raise_for_status().json()

    def join(self, endpoint: str, data: list[Any]) -> httpx.Response:
        """Take a place in the queue."""
        return self._client.post(f"/call/{endpoint}", json={"data": data})

    def wait(self, endpoint: str, event: str) -> tuple[str, Any]:
        """A place in the queue -> "complete" or "error", and what was answered."""
        answer = self._client.get(f"/call/{endpoint}/{event}")
        *_, last = answer.text.strip().split("\n\n")
        kind, _, said = last.partition("\n")
        return kind.removeprefix("event: "), json.loads(said.removeprefix("data: "))

    def ask(self, endpoint: str, *data: Any) -> tuple[str, Any]:
        """Data -> "complete", "error" or "refused", and the answer or the sentence."""
        joined = self.join(endpoint, list(data))
        if joined.status_code != 200:
            return "refused", joined.json()["detail"]
        kind, said = self.wait(endpoint, joined.json()["event_id"])
        return kind, said[0] if kind == "complete" else said

    def predict(self, name: str, content: bytes) -> tuple[str, Any]:
        """A photo -> what `/predict` says of it."""
        (path,) = self.upload([(name, content)])
        return self.ask("predict", as_file(path))

    def predict_batch(self, files: list[tuple[str, bytes]]) -> tuple[str, Any]:
        """Photos -> what `/predict_batch` says of them."""
        return self.ask("predict_batch", [as_file(path) for path in self.upload(files)])


def as_file(path: str) -> dict[str, Any]:
    """A path or address -> how a request names a file."""
    return {"path": path, "meta": FILE}
