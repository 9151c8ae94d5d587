"""Request -> answer, as the real Hub would give it; grows only as clients need."""

import base64
import json
import re
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.hub.state import LARGE, Fault, Repo, etag

TOKEN = "hf_test"
Answer = tuple[int, dict[str, str], bytes]


def reply(content: object, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


def refusal(status: int, code: str) -> Answer:
    return reply({"error": code}, status, **{"X-Error-Code": code, "X-Error-Message": code})


class Handler(BaseHTTPRequestHandler):
    """One request of a client."""

    protocol_version = "HTTP/1.1"
    server: Any  # the Hub

    def log_message(self, *_: object) -> None:
        pass

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        wanted = f"{self.command} {path}"
        self.server.asked.append(wanted)
        fault = next(
            (
                fault
                for fault in self.server.faults
                if fault.times and re.search(fault.match, wanted)
            ),
            Fault(""),
        )
        fault.times -= 1
        if fault.hang_up:
            self.close_connection = True
            return
        status, headers, content = (
            reply({}, fault.status, **fault.headers) if fault.status else self.route(path, body)
        )
        if fault.damage:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(content)),
            "X-Repo-Commit": "",
            **headers,
        }.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if fault.cut else content)
        self.close_connection = self.close_connection or fault.cut

    def do_CONNECT(self) -> None:  # noqa: N802
        """Be the proxy, and huggingface.co, for clients that ignore HF_ENDPOINT."""
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # which the server does for the plain socket alone

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def route(self, path: str, body: bytes) -> Answer:
        for pattern, handle in ROUTES:
            found = re.fullmatch(pattern, f"{self.command} {path}")
            if found:
                return handle(
                    self,
                    *found.groups(),
                    **({"body": body} if self.command in ("POST", "PUT") else {}),
                )
        return refusal(404, "NoRoute")

    @property
    def known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def repo(self, kind: str, name: str) -> Repo | None:
        repo = self.server.repos.get(f"{kind}/{name}")
        return None if repo and repo.private and not self.known else repo

    def create(self, body: bytes) -> Answer:
        asked = json.loads(body)
        kind, name = (
            asked.get("type", "model") + "s",
            f"{asked.get('organization') or 'user'}/{asked['name']}",
        )
        if not self.known:
            return refusal(401, "Invalid username or password.")
        status = 409 if f"{kind}/{name}" in self.server.repos else 200
        private = asked.get("visibility") == "private"
        self.server.repos.setdefault(f"{kind}/{name}", Repo(private=private))
        prefix = "" if kind == "models" else f"{kind}/"
        return reply({"url": f"{self.server.url}/{prefix}{name}", "name": name, "id": name}, status)

    def preupload(self, kind: str, name: str, body: bytes) -> Answer:
        if not self.known:
            return refusal(401, "Invalid username or password.")
        paths = [file["path"] for file in json.loads(body)["files"]]
        modes = [
            {"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular"}
            for path in paths
        ]
        return reply({"files": [{**mode, "shouldIgnore": False, "oid": None} for mode in modes]})

    def batch(self, body: bytes) -> Answer:
        objects = json.loads(body)["objects"]
        for part in objects:
            if part["oid"] not in self.server.uploads:
                oid, hub = part["oid"], self.server.url
                part["actions"] = {
                    "upload": {"href": f"{hub}/lfs/{oid}"},
                    "verify": {"href": f"{hub}/verify/{oid}"},
                }
        return reply({"transfer": "basic", "objects": objects})

    def validate(self, body: bytes) -> Answer:
        """A card is refused where a licence is no word, as on the Hub."""
        _, metadata, *_ = [*json.loads(body)["content"].split("---"), "", ""]
        wrong = re.search(r"^license: \d", metadata, re.MULTILINE)
        errors = [{"message": '"license" must be a string'}] if wrong else []
        return reply({"errors": errors, "warnings": []}, 400 if errors else 200)

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
        if "create_pr=1" in self.path:
            repo.requests.append(files)
            at, sha = f"{self.server.url}/{name}", "1" * 40
            url = f"{at}/discussions/{len(repo.requests)}"
            told = {"commitUrl": f"{at}/commit/{sha}", "commitOid": sha, "pullRequestUrl": url}
            return reply(told)
        sha = repo.commit(files)
        if kind == "spaces":
            self.server.run(name)
        return reply(
            {
                "commitUrl": f"{self.server.url}/{name}/commit/{sha}",
                "commitOid": sha,
                "pullRequestUrl": None,
            }
        )

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
            [
                {"name": key, "ref": f"refs/{what}/{key}", "targetCommit": sha}
                for key, sha in found.items()
            ]
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
        plain = {
            "id": name,
            "sha": sha,
            "private": repo.private,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": files,
        }
        return reply(
            {
                **plain,
                "pipeline_tag": "image-classification",
                "library_name": "transformers",
                **hosted,
            }
        )

    def tree(self, kind: str, name: str, revision: str, under: str | None) -> Answer:
        repo = self.repo(kind, name)
        sha = repo.commit_of(revision) if repo else None
        if repo is None or sha is None:
            return refusal(404, "RepoNotFound" if repo is None else "RevisionNotFound")
        start = f"{under}/" if under else ""
        files = {
            path: data for path, data in sorted(repo.commits[sha].items()) if path.startswith(start)
        }
        if under and not files:
            return refusal(404, "EntryNotFound")
        if "recursive=true" in self.path.lower():
            return reply([entry(path, data) for path, data in files.items()])
        direct = [
            entry(path, data) for path, data in files.items() if "/" not in path[len(start) :]
        ]
        folders = {
            start + path[len(start) :].split("/")[0] for path in files if "/" in path[len(start) :]
        }
        return reply(
            [
                {"type": "directory", "path": path, "oid": "0" * 40, "size": 0}
                for path in sorted(folders)
            ]
            + direct
        )

    def paths(self, kind: str, name: str, revision: str, body: bytes) -> Answer:
        files = self.server.repos[f"{kind}/{name}"].commits[revision]
        return reply(
            [entry(path, files[path]) for path in json.loads(body)["paths"] if path in files]
        )

    def resolve(self, prefix: str | None, name: str, revision: str, path: str) -> Answer:
        repo = self.repo(prefix or "models", name)
        sha = repo.commit_of(revision) if repo else None
        if repo is None or sha is None:
            return refusal(
                404 if self.known else 401, "RepoNotFound" if repo is None else "RevisionNotFound"
            )
        data = repo.commits[sha].get(path)
        if data is None:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha}, b""
        name = f'"{etag(path, data)}"'
        linked = (
            {"X-Linked-Etag": name, "X-Linked-Size": str(len(data))} if path.endswith(LARGE) else {}
        )
        return self.ranged(
            data, {"ETag": name, "X-Repo-Commit": sha, "Accept-Ranges": "bytes", **linked}
        )

    def ranged(self, data: bytes, headers: dict[str, str]) -> Answer:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return 200, headers, data
        first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
        return (
            206,
            {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"},
            data[first : last + 1],
        )

    def variable(self, name: str, body: bytes) -> Answer:
        asked = json.loads(body)
        self.server.repos[f"spaces/{name}"].variables[asked["key"]] = asked["value"]
        return reply({asked["key"]: {"value": asked["value"]}})

    def runtime(self, name: str) -> Answer:
        running, repo = self.server.space, self.server.repos[f"spaces/{name}"]
        return reply(
            {
                "stage": running.stage if running else "NO_APP_FILE",
                "hardware": {},
                "sha": repo.branches["main"],
            }
        )


def entry(path: str, data: bytes) -> dict[str, object]:
    """A file -> its line in a listing."""
    large = (
        {"lfs": {"oid": etag(path, data), "size": len(data), "pointerSize": 130}}
        if path.endswith(LARGE)
        else {}
    )
    return {"type": "file", "path": path, "size": len(data), "oid": sha1(data).hexdigest(), **large}


NAME = r"([\w.-]+/[\w.-]+)"
KIND = r"(models|datasets|spaces)"
ROUTES = [
    (r"POST /api/repos/create", Handler.create),
    (r"POST /api/validate-yaml", Handler.validate),
    (r"GET /api/whoami-v2", lambda handler: reply({"name": "user", "type": "user", "orgs": []})),
    (rf"POST /api/{KIND}/{NAME}/preupload/main", Handler.preupload),
    (
        rf"POST /(?:\w+/)?{NAME}\.git/info/lfs/objects/batch",
        lambda handler, name, body: handler.batch(body),
    ),
    (r"PUT /lfs/(\w+)", Handler.put),
    (r"POST /verify/(\w+)", lambda handler, oid, body: reply({})),
    (rf"POST /api/{KIND}/{NAME}/commit/main", Handler.commit),
    (rf"POST /api/{KIND}/{NAME}/tag/(\w+)", Handler.tag),
    (rf"POST /api/spaces/{NAME}/variables", Handler.variable),
    (rf"GET /api/spaces/{NAME}/runtime", Handler.runtime),
    (
        rf"GET /api/spaces/{NAME}/host",
        lambda handler, name: reply({"host": handler.server.space.host}),
    ),
    (rf"GET /api/{KIND}/{NAME}/refs", Handler.refs),
    (rf"GET /api/{KIND}/{NAME}(?:/revision/(.+))?", Handler.info),
    (rf"GET /api/{KIND}/{NAME}/tree/([^/]+)(?:/(.+))?", Handler.tree),
    (rf"POST /api/{KIND}/{NAME}/paths-info/([^/]+)", Handler.paths),
    (rf"(?:GET|HEAD) /(?:(datasets|spaces)/)?{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
]
