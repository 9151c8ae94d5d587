"""A video: a timeline that grows while it is read, screen time, and tables to download."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from ...photo import PhotoError
from ...report import html
from ...report.html import to_html
from ...report.rendering import say_made_by
from ...report.tables import mark, provenance_of, to_csv
from ...report.video import (
    VIDEO_COLUMNS,
    track_rows,
    tracks_csv,
    video_figure,
    video_record,
    video_rows,
    video_section,
)
from ...settings import PageSettings
from ...video_result import VideoResult
from .. import strings
from ..components import file_box, html_box
from ..videos import AT_ONCE, VisitorVideos

REDRAW_SECONDS = 3.0  # between two drawings of the timeline
LANES = 60  # tracks that the page draws; the one to download draws more


def video_tab(videos: VisitorVideos, settings: PageSettings) -> None:
    """Build the tab."""
    limits = strings.VIDEO.format(
        minutes=settings.max_video_minutes, megabytes=settings.max_video_mb
    )
    with gr.Tab("Video"):
        html_box(html.section("Who is on screen, for how long", limits))
        file = file_box(label="Video", height=160)
        stop = gr.Button("Stop", size="sm")
        report = html_box(name="answer")

    def read(path: str | None) -> Iterator[str]:
        yield from report_on(videos, path)

    reading = file.change(
        read,
        file,
        report,
        api_visibility="private",
        concurrency_limit=AT_ONCE,
        concurrency_id="video",
        trigger_mode="always_last",
    )
    stop.click(None, cancels=[reading], api_visibility="private")


def report_on(videos: VisitorVideos, path: str | None) -> Iterator[str]:
    """A video that was sent -> what is seen so far, again and again, then the whole report."""
    if path is None:
        yield ""
        return
    try:
        reading = videos.open(Path(path))
        due = 0.0
        for _ in videos.read(reading, Path(path)):
            if time.monotonic() >= due:
                yield _so_far(reading.result(), Path(path).name, reading.share)
                due = time.monotonic() + REDRAW_SECONDS
        yield _whole(reading.result(), Path(path).name)
    except PhotoError as error:
        yield html.said(str(error), "alert")


def _so_far(result: VideoResult, name: str, share: float) -> str:
    return (
        f'<p class="said" role="status">Reading, {100 * share:.0f} % done.</p>'
        f'<progress max="1" value="{share:.3f}" aria-label="Progress"></progress>'
        f"{video_section(name, result, LANES)}"
    )


def _whole(result: VideoResult, name: str) -> str:
    made = provenance_of(result.threshold, result.model, result.revision)
    page = to_html([video_figure(name, result)], f"1 video. {say_made_by(made)}")
    faces, tracks = (mark(rows(name, result), made) for rows in (video_rows, track_rows))
    record = json.dumps(video_record(name, result) | made)
    links = [
        html.download("faces.csv", "text/csv", to_csv(faces, result.labels, VIDEO_COLUMNS)),
        html.download("tracks.csv", "text/csv", tracks_csv(tracks, result.labels)),
        html.download("video.json", "application/json", record),
        html.download("video.html", "text/html", "".join(page)),
    ]
    return f"{video_section(name, result, LANES)}{html.downloads(*links)}"
