"""One plain POST -> an answer as JSON or CSV, by Gradio's own upload, queue and limits; OpenAPI."""

import inspect
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import strings
from .api import ENDPOINTS, Endpoints
from .openapi import describe

API = "/gradio_api"
FIELD = "file"
RETRY_AFTER = 5  # seconds, where the queue is full; server.py says it in a header
ERROR = "event: error"


class RefusedError(Exception):
    """Why a request gets no answer, in a sentence, with the status to say it under."""

    def __init__(self, status: int, sentence: str) -> None:
        """status: of HTTP."""
        super().__init__(sentence)
        self.status = status


def plain_routes() -> list[Route]:
    """Nothing -> a route for each endpoint, and one for their description."""
    routes = [Route(f"/{name}", _answer, methods=["POST"], name=name) for name in ENDPOINTS]
    return [*routes, Route("/openapi.json", lambda _: JSONResponse(describe(Endpoints, ENDPOINTS)))]


async def say_invalid(_: Request, __: Exception) -> Response:
    """A body that Gradio's own routes cannot read -> one sentence."""
    return JSONResponse({"detail": strings.NO_JSON}, 422)


async def _answer(request: Request) -> Response:
    name = request.url.path.rstrip("/").rpartition("/")[2]
    try:
        async with request.form() as form, _inside(request) as page:
            named = _parameters(name, {**_texts(form), **request.query_params})
            paths = await _upload(page, name, form)
            answer = await _ask(page, name, [paths, *named])
    except RefusedError as refused:
        return JSONResponse({"detail": str(refused)}, refused.status)
    if isinstance(answer, str):
        return Response(answer, media_type="text/csv")
    return JSONResponse(answer)


@asynccontextmanager
async def _inside(request: Request) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the very app that got the request, without a way over the network."""
    way = httpx.ASGITransport(request.app, raise_app_exceptions=False)
    base = str(request.base_url).rstrip("/") + API
    async with httpx.AsyncClient(transport=way, base_url=base, timeout=None) as page:  # noqa: S113
        yield page


def _texts(form: FormData) -> dict[str, str]:
    return {name: text for name, text in form.items() if isinstance(text, str) and name != FIELD}


def _parameters(endpoint: str, given: dict[str, str]) -> list[str | None]:
    """What was given by name -> the endpoint's parameters after the file, in order."""
    _, _, *names = inspect.signature(getattr(Endpoints, endpoint)).parameters
    for name in given:
        if name not in names:
            said = strings.NO_PARAMETER.format(
                name=name, endpoint=f"/{endpoint}", names=", ".join([FIELD, *names])
            )
            raise RefusedError(400, said)
    return [given.get(name) for name in names]


async def _upload(page: httpx.AsyncClient, endpoint: str, form: FormData) -> Any:
    """A form's files -> their paths among the uploads, or the one path. Raises RefusedError."""
    sent = form.getlist(FIELD)
    files = [part for part in sent if isinstance(part, UploadFile)]
    many, what = endpoint == "predict_batch", "video" if endpoint == "predict_video" else "photo"
    if not files:
        if sent and sent[0]:
            raise RefusedError(400, strings.ONLY_A_NAME.format(what=what, name=sent[0]))
        raise RefusedError(400, strings.NO_FORM.format(what=what))
    if len(files) > 1 and not many:
        raise RefusedError(400, strings.ONE_FILE.format(endpoint=endpoint, files=len(files)))
    parts = [("files", (part.filename or what, part.file)) for part in files]
    answer = await page.post("/upload", files=parts)
    if not answer.is_success:
        raise RefusedError(answer.status_code, _detail(answer))
    paths = answer.json()
    return paths if many else paths[0]


async def _ask(page: httpx.AsyncClient, endpoint: str, data: list[Any]) -> Any:
    """Take a place in the queue and wait -> the answer. Raises RefusedError."""
    joined = await page.post(f"/call/{endpoint}", json={"data": data})
    if joined.status_code == 503 and "Queue is full" in joined.text:
        raise RefusedError(503, strings.FULL.format(seconds=RETRY_AFTER))
    if not joined.is_success:
        raise RefusedError(joined.status_code, _detail(joined))
    told = await page.get(f"/call/{endpoint}/{joined.json()['event_id']}")
    kind, _, said = told.text.strip().rpartition("\n\n")[2].partition("\n")
    answer = json.loads(said.removeprefix("data: ") or "null")
    if kind == ERROR:
        sentence = answer.get("error") if isinstance(answer, dict) else answer
        raise RefusedError(422 if sentence else 500, sentence or strings.OUR_FAULT)
    return answer[0]


def _detail(answer: httpx.Response) -> str:
    """Gradio's refusal -> its sentence."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text
