"""What the Hub on loopback keeps: repositories, their commits, and what shall go wrong."""

import json
from dataclasses import dataclass, field
from hashlib import sha1, sha256

LARGE = (
    ".onnx",
    ".safetensors",
    ".parquet",
    ".jpg",
    ".png",
)  # stored as LFS files, whose etag is their SHA-256
Files = dict[str, bytes]


@dataclass
class Repo:
    """Commits by their hash, and what the names `main` and the tags point at."""

    private: bool = False
    commits: dict[str, Files] = field(default_factory=lambda: {"0" * 40: {}})
    branches: dict[str, str] = field(default_factory=lambda: {"main": "0" * 40})
    tags: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    requests: list[Files] = field(default_factory=list)  # pull requests, by what they would add

    def commit_of(self, revision: str) -> str | None:
        sha = self.branches.get(revision) or self.tags.get(revision) or revision
        return sha if sha in self.commits else None

    def commit(self, files: Files) -> str:
        sha = sha1(
            json.dumps(
                [
                    len(self.commits),
                    sorted((path, etag(path, data)) for path, data in files.items()),
                ]
            ).encode()
        )
        self.commits[sha.hexdigest()] = files
        self.branches["main"] = sha.hexdigest()
        return sha.hexdigest()


@dataclass
class Fault:
    """What goes wrong with requests whose `METHOD path` matches, the next `times` times."""

    match: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # close the connection after half of the body
    damage: bool = False  # flip a byte of the body
    hang_up: bool = False  # close the connection in place of an answer
    times: int = 1000


def etag(path: str, data: bytes) -> str:
    """A file's name and content -> its hash on the Hub: SHA-256 if large, git's if small."""
    return (
        sha256(data).hexdigest()
        if path.endswith(LARGE)
        else sha1(b"blob %d\0" % len(data) + data).hexdigest()
    )
