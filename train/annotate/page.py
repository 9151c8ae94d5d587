"""Pictures and answers -> the page that shows one face after the other."""

import io
import json
from base64 import b64encode
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from face_gender.crops import crop_face
from face_gender.faces import FaceFinder
from face_gender.photo import PhotoError, open_photo
from face_gender.runtime.address import LOOPBACK, check_port

from ..common.errors import StageError
from .answers import Answers

SIDE, MARGIN = 448, 0.35  # px of the crop shown; its margin, as a share of the box
AHEAD = 8  # faces that wait in the browser, so that no key waits for one
PAGE = Path(__file__).with_name("page.html")
JSON = "application/json"  # which no form of another page can send

Shown = dict[str, Any]


class AnnotationSession:
    """One annotator at work: the faces to show next, and what a key does."""

    def __init__(
        self,
        answers: Answers,
        folder: Path,
        keep: Callable[[], str],
        told: Mapping[str, str] = {},
    ) -> None:
        """folder: start of the pictures' paths; keep: saves labels, says how far people agree.

        told: what to say beside a picture, such as what others answered
        """
        self._answers, self._folder, self._keep, self._told = answers, folder, keep, told
        self._finder = FaceFinder()

    def faces(self, have: Container[str]) -> Shown:
        """The pictures the browser has -> the next faces after them; none if all are shown."""
        faces = list(self._next(have))
        return {"faces": faces, "said": self._progress()}

    def give(self, picture: str, label: str) -> Shown:
        """Keep an answer."""
        self._answers.give(picture, label)
        return {"said": self._progress()}

    def undo(self) -> Shown:
        """Take the last answer back."""
        self._answers.undo()
        return {"said": self._progress()}

    def _next(self, have: Container[str]) -> Iterator[Shown]:
        """Pictures without a face are left out."""
        found = 0
        for picture in self._answers.open_ones():
            if found == AHEAD or picture in have:
                continue
            face = largest_face(self._finder, self._folder / picture)
            if face is None:
                self._answers.pass_over(picture)
                continue
            found += 1
            yield {"picture": picture, "face": face, "told": self._told.get(picture, "")}

    def _progress(self) -> str:
        done, asked = self._answers.progress()
        agreement = self._keep()
        rest = f"{done} of {asked}" if done < asked else f"All {asked} answered"
        return f"{rest} · {agreement}" if agreement else rest


def build_page(session: AnnotationSession, classes: Sequence[str]) -> Starlette:
    """A session and the classes to choose from -> the page."""
    text = PAGE.read_text(encoding="utf-8")
    text = text.replace("[/* classes */]", json.dumps(list(classes)))
    text = text.replace("0 /* faces */", str(AHEAD))
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])
    routes = [
        Route("/", lambda _: HTMLResponse(text)),
        Route("/faces", _answered(session.faces), methods=["POST"]),
        Route("/give", _answered(session.give), methods=["POST"]),
        Route("/undo", _answered(session.undo), methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[hosts])


def launch_page(page: Starlette, port: int) -> None:
    """Serve on this machine only, until Ctrl-C, which is raised.

    Raises StageError if the port is taken.
    """
    try:
        check_port(port, "--port")
    except ValueError as error:
        raise StageError(str(error)) from error
    print(f"Open http://{LOOPBACK}:{port} in a browser; Ctrl-C ends it.", flush=True)
    uvicorn.Server(uvicorn.Config(page, host=LOOPBACK, port=port, log_level="error")).run()


def _answered(act: Callable[..., Shown]) -> Callable[[Request], Any]:
    """A session's method -> what answers a request that holds its arguments as JSON."""

    async def answer(request: Request) -> JSONResponse:
        if request.headers.get("Content-Type") != JSON:
            return JSONResponse({}, 415)
        return JSONResponse(await run_in_threadpool(act, **await request.json()))

    return answer


def largest_face(finder: FaceFinder, path: Path) -> str | None:
    """A picture's path -> a wide crop of its largest face as a data: address, or None."""
    try:
        photo = open_photo(path)
    except PhotoError:
        return None
    faces = finder.find_faces(photo)
    if not faces:
        return None
    packed = io.BytesIO()
    Image.fromarray(crop_face(photo, faces[0], SIDE, MARGIN)).save(packed, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{b64encode(packed.getvalue()).decode()}"
