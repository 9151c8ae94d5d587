"""A Hub on loopback, in memory: what huggingface_hub, transformers, datasets and gradio_client ask of the real one."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TOKEN = "hf_test"
LARGE = (".onnx", ".safetensors", ".parquet", ".jpg", ".png")  # stored as LFS files, whose etag is their SHA-256
Files = dict[str, bytes]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Repo:
    """Commits by their hash, and what the names `main` and the tags point at."""

    private: bool = False
    commits: dict[str, Files] = field(default_factory=lambda: {"0" * 40: {}})
    branches: dict[str, str] = field(default_factory=lambda: {"main": "0" * 40})
    tags: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def commit_of(self, revision: str) -> str | None:
        sha = self.branches.get(revision) or self.tags.get(revision) or revision
        return sha if sha in self.commits else None

    def commit(self, files: Files) -> str:
        sha = sha1(json.dumps([len(self.commits), sorted((path, etag(path, data)) for path, data in files.items())]).encode())
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
    times: int = 1000


def etag(path: str, data: bytes) -> str:
    """A file's name and content -> what the Hub calls it: SHA-256 of a large file, git's hash of a small one."""
    return sha256(data).hexdigest() if path.endswith(LARGE) else sha1(b"blob %d\0" % len(data) + data).hexdigest()


def reply(content: object, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


def refusal(status: int, code: str) -> Answer:
    return reply({"error": code}, status, **{"X-Error-Code": code, "X-Error-Message": code})


class Hub(ThreadingHTTPServer):
    """Start with `with Hub() as hub`; `hub.url` is its HF_ENDPOINT, `hub.environ(folder)` a client's environment."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repos: dict[str, Repo] = {}  # by kind and name: "models/user/name"
        self.uploads: Files = {}  # large files by their SHA-256
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.space: Running | None = None
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
        quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        here = {"HF_ENDPOINT": self.url, "HF_HOME": str(folder / "hf"), "OMP_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "0"}
        return {**kept, **quiet, **here, **({"HF_TOKEN": token} if token else {})}

    def add(self, name: str, folder: Path, tag: str = "") -> str:
        """A folder -> a new commit of models/<name>, as if it had been uploaded."""
        repo = self.repos.setdefault(f"models/{name}", Repo())
        sha = repo.commit({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
        if tag:
            repo.tags[tag] = sha
        return sha

    def run(self, name: str) -> None:
        """A Space's last commit and variables -> a process that serves it, as the Hub would."""
        repo = self.repos[f"spaces/{name}"]
        if self.space:
            self.space.stop()
        self.space = Running(repo, self)


class Running:
    """A Space's files in a folder, and `python app.py` in it."""

    def __init__(self, repo: Repo, hub: Hub) -> None:
        import socket
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        for path, data in repo.commits[repo.branches["main"]].items():
            (home / "space" / path).parent.mkdir(parents=True, exist_ok=True)
            (home / "space" / path).write_bytes(data)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host = f"http://127.0.0.1:{port}"
        environ = {**hub.environ(home), **repo.variables, "GRADIO_SERVER_PORT": str(port)}
        self._log = (home / "log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=home / "space", env=environ, stdout=self._log, stderr=subprocess.STDOUT
        )

    @property
    def stage(self) -> str:
        if self._process.poll() is not None:
            return "RUNTIME_ERROR"
        return "RUNNING" if b"Running on local URL" in Path(self._log.name).read_bytes() else "APP_STARTING"

    def log(self) -> str:
        return Path(self._log.name).read_text()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._folder.cleanup()


class Handler(BaseHTTPRequestHandler):
    """One request of a client."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        wanted = f"{self.command} {path}"
        self.server.asked.append(wanted)
        fault = next((fault for fault in self.server.faults if fault.times and re.search(fault.match, wanted)), Fault(""))
        fault.times -= 1
        status, headers, content = reply({}, fault.status, **fault.headers) if fault.status else self.route(path, body)
        if fault.damage:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "X-Repo-Commit": "", **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if fault.cut else content)
        self.close_connection = self.close_connection or fault.cut

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def route(self, path: str, body: bytes) -> Answer:
        for pattern, handle in ROUTES:
            found = re.fullmatch(pattern, f"{self.command} {path}")
            if found:
                return handle(self, *found.groups(), **({"body": body} if self.command in ("POST", "PUT") else {}))
        return refusal(404, "NoRoute")

    @property
    def known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def repo(self, kind: str, name: str) -> Repo | None:
        repo = self.server.repos.get(f"{kind}/{name}")
        return None if repo and repo.private and not self.known else repo

    def create(self, body: bytes) -> Answer:
        asked = json.loads(body)
        kind, name = asked.get("type", "model") + "s", f"{asked.get('organization') or 'user'}/{asked['name']}"
        if not self.known:
            return refusal(401, "Invalid username or password.")
        status = 409 if f"{kind}/{name}" in self.server.repos else 200
        self.server.repos.setdefault(f"{kind}/{name}", Repo())
        prefix = "" if kind == "models" else f"{kind}/"
        return reply({"url": f"{self.server.url}/{prefix}{name}", "name": name, "id": name}, status)

    def preupload(self, kind: str, name: str, body: bytes) -> Answer:
        if not self.known:
            return refusal(401, "Invalid username or password.")
        paths = [file["path"] for file in json.loads(body)["files"]]
        modes = [{"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular"} for path in paths]
        return reply({"files": [{**mode, "shouldIgnore": False, "oid": None} for mode in modes]})

    def batch(self, body: bytes) -> Answer:
        objects = json.loads(body)["objects"]
        for part in objects:
            if part["oid"] not in self.server.uploads:
                part["actions"] = {"upload": {"href": f"{self.server.url}/lfs/{part['oid']}"}}
        return reply({"transfer": "basic", "objects": objects})

    def put(self, oid: str, body: bytes) -> Answer:
        if sha256(body).hexdigest() != oid:
            return refusal(400, "HashDiffers")
        self.server.uploads[oid] = body
        return reply({})

    def commit(self, kind: str, name: str, body: bytes) -> Answer:
        repo = self.server.repos[f"{kind}/{name}"]
        files = dict(repo.commits[repo.branches["main"]])
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.uploads[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        sha = repo.commit(files)
        if kind == "spaces":
            self.server.run(name)
        return reply({"commitUrl": f"{self.server.url}/{name}/commit/{sha}", "commitOid": sha, "pullRequestUrl": None})

    def tag(self, kind: str, name: str, revision: str, body: bytes) -> Answer:
        repo, tag = self.server.repos[f"{kind}/{name}"], json.loads(body)["tag"]
        if tag in repo.tags:
            return refusal(409, "TagExists")
        repo.tags[tag] = repo.commit_of(revision) or ""
        return reply({})

    def refs(self, kind: str, name: str) -> Answer:
        repo = self.repo(kind, name)
        if repo is None:
            return refusal(404 if self.known else 401, "RepoNotFound")
        named = {"heads": repo.branches, "tags": repo.tags}
        branches, tags = (
            [{"name": key, "ref": f"refs/{what}/{key}", "targetCommit": sha} for key, sha in found.items()]
            for what, found in named.items()
        )
        return reply({"branches": branches, "tags": tags, "converts": []})

    def info(self, kind: str, name: str, revision: str | None) -> Answer:
        repo = self.repo(kind, name)
        if repo is None:
            return refusal(404 if self.known else 401, "RepoNotFound")
        sha = repo.commit_of(revision or "main")
        if sha is None:
            return refusal(404, "RevisionNotFound")
        files = [{"rfilename": path} for path in sorted(repo.commits[sha])]
        running = self.server.space if kind == "spaces" else None
        hosted = {"host": running.host, "runtime": {"stage": running.stage}} if running else {}
        plain = {"id": name, "sha": sha, "private": repo.private, "tags": [], "downloads": 0, "likes": 0, "siblings": files}
        return reply({**plain, "pipeline_tag": "image-classification", "library_name": "transformers", **hosted})

    def tree(self, kind: str, name: str, revision: str, under: str | None) -> Answer:
        repo = self.repo(kind, name)
        sha = repo.commit_of(revision) if repo else None
        if repo is None or sha is None:
            return refusal(404, "RepoNotFound" if repo is None else "RevisionNotFound")
        start = f"{under}/" if under else ""
        files = {path: data for path, data in sorted(repo.commits[sha].items()) if path.startswith(start)}
        if under and not files:
            return refusal(404, "EntryNotFound")
        return reply([entry(path, data) for path, data in files.items()])

    def paths(self, kind: str, name: str, revision: str, body: bytes) -> Answer:
        files = self.server.repos[f"{kind}/{name}"].commits[revision]
        return reply([entry(path, files[path]) for path in json.loads(body)["paths"] if path in files])

    def resolve(self, prefix: str | None, name: str, revision: str, path: str) -> Answer:
        repo = self.repo(prefix or "models", name)
        sha = repo.commit_of(revision) if repo else None
        if repo is None or sha is None:
            return refusal(404 if self.known else 401, "RepoNotFound" if repo is None else "RevisionNotFound")
        data = repo.commits[sha].get(path)
        if data is None:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha}, b""
        name = f'"{etag(path, data)}"'
        linked = {"X-Linked-Etag": name, "X-Linked-Size": str(len(data))} if path.endswith(LARGE) else {}
        return self.ranged(data, {"ETag": name, "X-Repo-Commit": sha, "Accept-Ranges": "bytes", **linked})

    def ranged(self, data: bytes, headers: dict[str, str]) -> Answer:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return 200, headers, data
        first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
        return 206, {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first : last + 1]

    def variable(self, name: str, body: bytes) -> Answer:
        asked = json.loads(body)
        self.server.repos[f"spaces/{name}"].variables[asked["key"]] = asked["value"]
        return reply({asked["key"]: {"value": asked["value"]}})

    def runtime(self, name: str) -> Answer:
        running, repo = self.server.space, self.server.repos[f"spaces/{name}"]
        return reply({"stage": running.stage if running else "NO_APP_FILE", "hardware": {}, "sha": repo.branches["main"]})


def entry(path: str, data: bytes) -> dict[str, object]:
    """A file -> its line in a listing."""
    large = {"lfs": {"oid": etag(path, data), "size": len(data), "pointerSize": 130}} if path.endswith(LARGE) else {}
    return {"type": "file", "path": path, "size": len(data), "oid": sha1(data).hexdigest(), **large}


NAME = r"([\w.-]+/[\w.-]+)"
KIND = r"(models|datasets|spaces)"
ROUTES = [
    (r"POST /api/repos/create", Handler.create),
    (r"POST /api/validate-yaml", lambda handler, body: reply({"errors": [], "warnings": []})),
    (r"GET /api/whoami-v2", lambda handler: reply({"name": "user", "type": "user", "orgs": []})),
    (rf"POST /api/{KIND}/{NAME}/preupload/main", Handler.preupload),
    (rf"POST /(?:\w+/)?{NAME}\.git/info/lfs/objects/batch", lambda handler, name, body: handler.batch(body)),
    (r"PUT /lfs/(\w+)", Handler.put),
    (rf"POST /api/{KIND}/{NAME}/commit/main", Handler.commit),
    (rf"POST /api/{KIND}/{NAME}/tag/(\w+)", Handler.tag),
    (rf"POST /api/spaces/{NAME}/variables", Handler.variable),
    (rf"GET /api/spaces/{NAME}/runtime", Handler.runtime),
    (rf"GET /api/{KIND}/{NAME}/refs", Handler.refs),
    (rf"GET /api/{KIND}/{NAME}(?:/revision/(.+))?", Handler.info),
    (rf"GET /api/{KIND}/{NAME}/tree/([^/]+)(?:/(.+))?", Handler.tree),
    (rf"POST /api/{KIND}/{NAME}/paths-info/([^/]+)", Handler.paths),
    (rf"(?:GET|HEAD) /(?:(datasets|spaces)/)?{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
]
