"""What is shown of one photo, before and after it was read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from ...photo import open_photo
from ...report import html
from ...report.tables import mark, provenance_of, to_csv, to_record, to_rows
from ...result import Result, shrink_photo, upright
from ...settings import EXAMPLE_FOLDER
from .. import controls, strings

NAMES = ("astronaut", "man", "group", "blurred", "on-its-side", "cat")
EXAMPLES = {name: EXAMPLE_FOLDER / f"{name}.jpg" for name in NAMES}
SHOWN_SIDE = 960  # px, of the photo that is held and shown
THUMBNAIL_SIDE = 144  # px, twice what is shown


FORGOTTEN = "forgotten"  # a visitor's state once Gradio drops it; each answer sets another, or None


@dataclass(frozen=True, eq=False)
class Shown:
    """What one visitor sees: a result and the chosen face, counted from 1."""

    result: Result
    chosen: int = 1


def to_shown(result: Result) -> Shown:
    """A fresh result -> what is held of it until the visitor goes."""
    return Shown(shrink_photo(result, SHOWN_SIDE))


def answer(now: Shown, own: float) -> list[Any]:
    """After a photo: what each of the tab's boxes holds, in their order.

    own: the model's own threshold
    """
    result = now.result
    slider = controls.threshold(result.threshold, result.labels, own)
    return [
        now,
        gr.update(visible="hidden"),
        gr.update(value=marked(now), visible=True),
        gr.update(visible=True),
        summary(result),
        detail(now),
        closer(now),
        gr.update(value=slider, visible=bool(result.faces)),
        faces_table(result),
        share(result),
    ]


def no_answer(sentence: str = "") -> list[Any]:
    """The same boxes with nothing to show, for want of a photo or for the reason given."""
    hidden = gr.update(visible=False)
    words_first = html.said(sentence, "alert") if sentence else strings.WELCOME
    return [None, gr.update(visible=True), hidden, hidden, words_first, "", "", hidden, "", ""]


def marked(now: Shown) -> str:
    """The photo, upright, with a button on each face."""
    return html.photo_with_faces(upright(now.result), now.chosen)


def summary(result: Result) -> str:
    """A result -> one sentence."""
    if not result.faces:
        return html.said(strings.NO_FACE)
    found = html.how_many(len(result.faces)).capitalize()
    if len(result.faces) == 1:
        return html.said(f"{found} found.")
    decided = [scored.label for scored in result.faces]
    counts = ", ".join(f"{decided.count(label)} {label}" for label in dict.fromkeys(decided))
    return html.said(f"{found}: {counts}. Choose one in the photo or in the table.")


def detail(now: Shown) -> str:
    """The chosen face's decision and scores."""
    return html.face_in_detail(now.result, now.chosen) if now.result.faces else ""


def closer(now: Shown, drops: np.ndarray | None = None) -> str:
    """The chosen face itself, with what its score depends on once that is known."""
    return (
        html.face_close_up(now.result.faces[now.chosen - 1], now.chosen, drops)
        if now.result.faces
        else ""
    )


def faces_table(result: Result) -> str:
    """Every face, and the files to download."""
    if not result.faces:
        return ""
    made = provenance_of(result.threshold, result.model, result.revision)
    rows = to_csv(mark(to_rows("photo", result), made), result.labels)
    csv = html.download("faces.csv", "text/csv", rows)
    whole = json.dumps(to_record("photo", result) | made, indent=1) + "\n"
    record = html.download("faces.json", "application/json", whole)
    return html.faces_table(result) + html.downloads(csv, record)


def share(result: Result, numbers: bool = False, blur: bool = False, drawn: bool = False) -> str:
    """What to choose for a picture to share, and the picture once it is drawn."""
    return html.share(result, numbers, blur, drawn) if result.faces else ""


def examples() -> str:
    """The example photos as buttons."""
    return html.examples([(name, _thumbnail(path)) for name, path in EXAMPLES.items()])


def _thumbnail(path: Path) -> str:
    pixels = open_photo(path, side=THUMBNAIL_SIDE).pixels
    return html.data_uri(html.thumbnail(pixels, THUMBNAIL_SIDE), 60, "webp")
