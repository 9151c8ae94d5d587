"""One photo: its faces, each in detail, and another threshold without reading it again."""

from dataclasses import replace
from typing import Any, NamedTuple

import gradio as gr

from ...photo import PhotoError
from ...reader import PhotoReader
from ...result import relabel
from ...settings import PageSettings
from .. import controls, strings
from ..batch import read_upload
from ..components import PICK, SHARE, SORT, THRESHOLD, html_box, photo_box, script
from . import photo_views as views
from .photo_views import Shown

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}
# One after the other, so that the last face picked is shown; the box itself says that it waits.
EXPLAIN = {
    **PRIVATE,
    "concurrency_limit": 1,
    "concurrency_id": "explain",
    "show_progress": "hidden",
    "trigger_mode": "multiple",  # else a face chosen during another's explanation would be skipped
}

State = Shown | str | None  # a string once it was forgotten


class Boxes(NamedTuple):
    """What the tab shows, in the order of photo_views.answer."""

    shown: gr.State
    taker: gr.Column
    marked: gr.HTML
    again: gr.Button
    said: gr.HTML
    detail: gr.HTML
    closer: gr.HTML
    threshold: gr.HTML
    table: gr.HTML
    share: gr.HTML


class PhotoEvents:
    """What the tab does when the visitor does something; each gives what its boxes then hold."""

    def __init__(self, reader: PhotoReader) -> None:
        """Answer by this reader."""
        self._reader = reader

    def read(self, path: str | None, threshold: float | None = None) -> list[Any]:
        """A photo's path and the threshold the visitor chose -> every box, or why it failed."""
        if path is None:
            return views.no_answer()
        try:
            result = read_upload(self._reader, path)
        except PhotoError as error:
            return views.no_answer(str(error))
        if threshold is not None:
            result = relabel(result, threshold)
        return views.answer(views.to_shown(result), self._reader.threshold)

    def read_example(self, threshold: float | None, event: gr.EventData) -> list[Any]:
        """An example that was picked -> every box."""
        return self.read(str(views.EXAMPLES[event.pick]), threshold)

    def explain(self, state: State) -> str:
        """What is shown -> the chosen face with what its score depends on."""
        now = shown_in(state)
        if now is None or not now.result.faces:
            return ""
        return views.closer(now, self._reader.explain(now.result.faces[now.chosen - 1]))

    def choose(self, state: State, event: gr.EventData) -> tuple[Any, ...]:
        """A face that was picked -> the state, the photo, the detail and the face itself."""
        now = shown_in(state)
        if now is None:
            return (gr.skip(),) * 4
        now = replace(now, chosen=min(max(1, int(event.pick)), len(now.result.faces)))
        return now, views.marked(now), views.detail(now), views.closer(now)

    def judge(self, state: State, event: gr.EventData) -> tuple[Any, ...]:
        """Another threshold -> it, the state, and every box that names a label."""
        threshold = min(1.0, max(0.0, float(event.pick)))
        now = shown_in(state)
        if now is None or threshold == now.result.threshold:
            return threshold, *(gr.skip(),) * 6
        now = replace(now, result=relabel(now.result, threshold))
        return (
            threshold,
            now,
            views.marked(now),
            views.summary(now.result),
            views.detail(now),
            views.faces_table(now.result),
            views.share(now.result),
        )

    def share(self, state: State, event: gr.EventData) -> Any:
        """What is shown, and how it should be drawn -> a picture to download or copy."""
        now = shown_in(state)
        if now is None:
            return gr.skip()
        return views.share(now.result, bool(event.numbers), bool(event.blur), drawn=True)


def shown_in(state: State) -> Shown | None:
    """A visitor's state -> what is shown, or None. Raises gr.Error where it was forgotten."""
    if isinstance(state, str):
        raise gr.Error(strings.FORGOTTEN, print_exception=False)
    return state


def photo_tab(reader: PhotoReader, settings: PageSettings) -> None:
    """Build the tab."""
    with gr.Tab("Photo"):
        shown = gr.State(views.FORGOTTEN, time_to_live=settings.kept_seconds)
        wanted = gr.State(None)  # the threshold the visitor chose, for this photo and the next
        with gr.Row(equal_height=False, elem_classes="photo-tab"):
            with gr.Column(scale=6, min_width=300):
                with gr.Column(elem_classes="taker") as taker:  # hides the box: see _as_sent
                    photo = photo_box(label="Photo", sources=["upload", "clipboard"], height=300)
                    html_box(controls.photo_camera(), script("camera", "snap"))
                marked = html_box(script=PICK, visible=False, name="marked")
                again = gr.Button("Another photo", visible=False, elem_classes="again")
                examples = html_box(views.examples(), PICK, name="try")
            with gr.Column(scale=5, min_width=300):
                said = html_box(strings.WELCOME, script("focus"), name="words")
                detail, closer = html_box(name="decided"), html_box(name="close-up")
                threshold = html_box(script=THRESHOLD, visible=False, name="judge")
        table = html_box(script=PICK + SORT)
        share = html_box(script=SHARE)
    boxes = Boxes(shown, taker, marked, again, said, detail, closer, threshold, table, share)
    connect(PhotoEvents(reader), boxes, photo, examples, wanted)


def connect(
    events: PhotoEvents, boxes: Boxes, photo: gr.Image, examples: gr.HTML, wanted: gr.State
) -> None:
    """Have each thing that a visitor does change the boxes that it should."""
    shown, closer = boxes.shown, boxes.closer
    latest: dict[str, Any] = {"trigger_mode": "always_last", **PRIVATE}
    # A paste arrives as two inputs, nothing and then the photo: the second must not be lost.
    read = photo.input(events.read, [photo, wanted], list(boxes), **latest)
    # Its box takes the next one at any time: in the browser, for a box that is emptied while a file
    # is being chosen loses that file.
    read.then(None, None, photo, js="() => null", **PRIVATE)
    picked = examples.select(events.read_example, wanted, list(boxes), **PRIVATE)
    chosen = [
        picker.select(events.choose, shown, [shown, boxes.marked, boxes.detail, closer], **latest)
        for picker in (boxes.marked, boxes.table)
    ]
    for event in (read, picked, *chosen):
        event.success(events.explain, shown, closer, **EXPLAIN)
    cleared = boxes.again.click(views.no_answer, None, list(boxes), **PRIVATE)
    cleared.then(events.explain, shown, closer, **EXPLAIN)  # after one of the old photo
    boxes.share.select(events.share, shown, boxes.share, **latest)
    judged = [wanted, shown, boxes.marked, boxes.said, boxes.detail, boxes.table, boxes.share]
    boxes.threshold.select(events.judge, shown, judged, **latest)
