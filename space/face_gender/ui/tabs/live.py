"""The camera: boxes that follow, scores smoothed over time; each visitor's work is bounded."""

import time
from typing import Any

import gradio as gr

from ...photo import PhotoError
from ...reader import PhotoReader
from ...report import html
from ...settings import PageSettings
from ...tracking import Stream, follow
from .. import controls, strings
from ..components import frame_of, html_box, script

VISITORS_AT_ONCE = 4  # cameras that are looked at; others wait their turn
ANSWERED = "() => document.dispatchEvent(new Event('live-answer'))"


def live_tab(reader: PhotoReader, settings: PageSettings) -> None:
    """Build the tab."""
    with gr.Tab("Live"):
        stream = gr.State(Stream(), time_to_live=settings.kept_seconds)
        about = strings.LIVE.format(seconds=settings.live_seconds)
        html_box(html.section("Live from your camera", about))
        with gr.Row():
            camera = html_box(
                controls.live_camera(settings.live_seconds, settings.live_every),
                script("camera", "live"),
            )
            with gr.Column():
                frame = html_box()
                rate = html_box()

    def seen(before: Stream, event: gr.EventData) -> tuple[Any, Any, Any]:
        return look(reader, before, event.frame)

    camera.select(
        seen, stream, [stream, frame, rate],
        concurrency_limit=VISITORS_AT_ONCE, show_progress="hidden", api_visibility="private",
    ).then(None, js=ANSWERED, api_visibility="private")  # fmt: skip


def look(reader: PhotoReader, seen: Stream, address: object) -> tuple[Any, Any, Any]:
    """What was seen so far and a frame -> what is seen now, the frame with its boxes, the rate."""
    try:
        result = reader.read(frame_of(address))
    except PhotoError:
        return gr.skip(), gr.skip(), gr.skip()
    seen = follow(seen, result, time.monotonic())
    faces = seen.in_view()
    frame = html.live_frame(result.photo, faces, seen.labels(reader.threshold), reader.labels)
    return seen, frame, html.rate(seen.rate, len(faces))
