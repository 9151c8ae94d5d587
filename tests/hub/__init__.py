"""An in-memory Hub on loopback, for huggingface_hub, transformers, datasets, gradio_client."""

import os
import ssl
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from tests.hub.handler import TOKEN, Handler
from tests.hub.running import Running
from tests.hub.state import Fault, Files, Repo

__all__ = ["Fault", "Hub", "Repo"]


class Hub(ThreadingHTTPServer):
    """`with Hub() as hub` starts it; `hub.environ(folder)` is the environment of a client."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repos: dict[str, Repo] = {}  # by kind and name: "models/user/name"
        self.uploads: Files = {}  # large files by their SHA-256
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.space: Running | None = None
        self.tls: ssl.SSLContext | None = None  # to answer in the name of another host, as a proxy
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(self, *_: object) -> None:
        if self.space:
            self.space.stop()
        self.shutdown()
        super().__exit__(*_)

    def environ(self, folder: Path, token: str = TOKEN) -> dict[str, str]:
        """For a client whose cache is below `folder`."""
        ours = ("HF_", "MODEL_", "GRADIO_", "GITHUB_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        quiet = {
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        here = {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(folder / "hf"),
            "OMP_NUM_THREADS": "1",
            "GRADIO_ANALYTICS_ENABLED": "0",
        }
        return {**kept, **quiet, **here, **({"HF_TOKEN": token} if token else {})}

    def add(self, name: str, folder: Path, tag: str = "") -> str:
        """A folder -> a new commit of models/<name>, as if it had been uploaded."""
        repo = self.repos.setdefault(f"models/{name}", Repo())
        sha = repo.commit(
            {
                str(path.relative_to(folder)): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )
        if tag:
            repo.tags[tag] = sha
        return sha

    def run(self, name: str) -> None:
        """A Space's last commit and variables -> a process that serves it, as the Hub would."""
        repo = self.repos[f"spaces/{name}"]
        if self.space:
            self.space.stop()
        self.space = Running(
            repo.commits[repo.branches["main"]], {**self.environ(Path()), **repo.variables}
        )
