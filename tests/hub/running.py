"""A Space's files and variables -> a process that serves them, as the Hub would."""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.hub.state import Files


class Running:
    """A Space's files in a folder, and `python app.py` in it."""

    def __init__(self, files: Files, environ: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        for path, data in files.items():
            (home / "space" / path).parent.mkdir(parents=True, exist_ok=True)
            (home / "space" / path).write_bytes(data)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host = f"http://127.0.0.1:{port}"
        environ = {**environ, "HF_HOME": str(home / "hf"), "GRADIO_SERVER_PORT": str(port)}
        self._log = (home / "log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=home / "space",
            env=environ,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    @property
    def stage(self) -> str:
        if self._process.poll() is not None:
            return "RUNTIME_ERROR"
        return (
            "RUNNING"
            if b"Running on local URL" in Path(self._log.name).read_bytes()
            else "APP_STARTING"
        )

    def log(self) -> str:
        return Path(self._log.name).read_text()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._folder.cleanup()
