"""serve: the page ends on SIGTERM with what it holds answered, and takes nothing new meanwhile."""

import asyncio
import signal
import threading

import gradio as gr
import httpx
import pytest

from face_gender.settings import PageSettings
from face_gender.ui import strings
from face_gender.ui.server import PackedPage, RequestLimits, look_less_often
from tests.torture.app import Visitor, as_file, running


@pytest.mark.slow
def test_sigterm_ends_it_once_what_it_holds_is_answered(small_model, astronaut_file, tmp_path):
    with running(tmp_path / "uploads", MODEL_ID=small_model) as app:
        visitors = [Visitor(app.address) for _ in range(6)]
        places = [
            visitor.upload([("a.jpg", astronaut_file.read_bytes())])[0] for visitor in visitors
        ]
        joined = [
            visitor.join("predict", [as_file(place)]).json()
            for visitor, place in zip(visitors, places, strict=True)
        ]
        app.process.send_signal(signal.SIGTERM)
        answers = [
            visitor.wait("predict", event["event_id"])
            for visitor, event in zip(visitors, joined, strict=True)
        ]
        assert [kind for kind, _ in answers] == ["complete"] * 6
        assert app.process.wait(60) == 0
        assert list((tmp_path / "uploads").iterdir()) == []
        for visitor in visitors:
            visitor.__exit__()


def test_an_idle_page_looks_at_its_queue_less_often_than_gradio_would():
    async def rests() -> list[tuple[float, float]]:  # Gradio wants a loop to make a page in
        usual, ours = gr.Blocks().queue(), gr.Blocks().queue()
        look_less_often(ours)
        queues = (usual._queue, ours._queue)
        return [(each.sleep_when_free, each.progress_update_sleep_when_free) for each in queues]

    usual, ours = asyncio.run(rests())
    assert all(4 * old <= new <= 0.05 for old, new in zip(usual, ours, strict=True))


def test_the_page_itself_is_packed():
    async def app(_, __, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(10_000)})

    async def ask(path: str) -> tuple[int, str | None]:
        way = httpx.ASGITransport(PackedPage(app))
        async with httpx.AsyncClient(transport=way, base_url="http://page") as client:
            answer = await client.get(path)
            return len(answer.content), answer.headers.get("content-encoding")

    assert asyncio.run(ask("/")) == (10_000, "gzip")
    assert asyncio.run(ask("/gradio_api/queue/data")) == (10_000, None)


def test_nothing_new_is_taken_once_it_is_going():
    async def page(_, __, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def ask(method: str) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(door), base_url="http://page"
        ) as client:
            return await client.request(method, "/gradio_api/queue/join")

    going = threading.Event()
    door = RequestLimits(page, PageSettings(), going)
    assert asyncio.run(ask("POST")).status_code == 200
    going.set()
    refused = asyncio.run(ask("POST"))
    assert (refused.status_code, refused.json()) == (503, {"detail": strings.GOING})
    assert asyncio.run(ask("GET")).status_code == 200
