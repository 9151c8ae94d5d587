"""The camera: boxes that follow, scores smoothed over time; each visitor's work is bounded."""

import time
from functools import partial
from typing import Any

import gradio as gr

from ...photo import PhotoError
from ...reader import PhotoReader
from ...report import html
from ...settings import PageSettings
from ...tracking import Stream, follow
from .. import strings
from ..components import camera_box, html_box

CAMERA = gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640, "height": 480}})
VISITORS_AT_ONCE = 4  # cameras that are looked at; others wait their turn


def live_tab(reader: PhotoReader, settings: PageSettings) -> None:
    """Build the tab."""
    with gr.Tab("Live"):
        stream = gr.State(Stream(), time_to_live=settings.kept_seconds)
        about = strings.LIVE.format(seconds=settings.live_seconds)
        html_box(html.section("Live from your camera", about))
        with gr.Row():
            camera = camera_box(label="Camera", height=420, webcam_options=CAMERA)
            with gr.Column():
                frame = html_box()
                rate = html_box()
    camera.stream(
        partial(look, reader), [camera, stream], [stream, frame, rate],
        time_limit=settings.live_seconds, stream_every=settings.live_every,
        concurrency_limit=VISITORS_AT_ONCE, show_progress="hidden", api_visibility="private",
    )  # fmt: skip


def look(reader: PhotoReader, sent: bytes | str, seen: Stream) -> tuple[Any, Any, Any]:
    """A frame, and what was seen so far -> what is seen now, the frame with its boxes, the rate."""
    try:
        result = reader.read(sent)
    except PhotoError:
        return gr.skip(), gr.skip(), gr.skip()
    seen = follow(seen, result, time.monotonic())
    faces = seen.in_view()
    frame = html.live_frame(result.photo, faces, seen.labels(reader.threshold), reader.labels)
    return seen, frame, html.rate(seen.rate, len(faces))
