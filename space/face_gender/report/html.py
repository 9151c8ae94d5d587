"""Results -> pieces of a page: a photo with a button on each face, a face in detail, tables."""

import base64
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from markupsafe import Markup
from PIL import Image, ImageOps

from ..decision import best_of
from ..drawing import colour_of, data_uri
from ..occlusion import BRIGHTEST, draw_drops, legend_colours, say_drops
from ..photo import Photo, PhotoError
from ..result import Count, Outcome, Result, ScoredFace, reason_of
from ..tracking import Track
from .charts import Bar, draw_bars
from .rendering import PIECES, TEMPLATES, escape, how_many
from .tables import Row

__all__ = ["escape", "how_many"]


def thumbnail(pixels: np.ndarray, side: int) -> Image.Image:
    """Pixels -> the square in their middle, `side` px."""
    return ImageOps.fit(Image.fromarray(pixels), (side, side))


def photo_with_faces(result: Result, chosen: int = 1) -> str:
    """A result -> its photo with a button on each face, for mouse and keyboard.

    chosen: the face that is pressed, from 1
    """
    faces = [
        {
            "said": f"Face {number}: {reason_of(scored, result.threshold)}",
            "pressed": str(number == chosen).lower(),
            "place": place_style(scored.face.box, result.photo.width, result.photo.height),
            "tint": colour_of(scored.label, result.labels),
        }
        for number, scored in enumerate(result.faces, start=1)
    ]
    return str(PIECES.photo(faces, data_uri(result.photo.pixels)))


def place_style(box: Sequence[float], width: float, height: float) -> str:
    """A box in px of a photo -> where it lies in percent, as CSS."""
    left, top, right, bottom = box
    return (
        f"left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;"
        f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%"
    )


def face_in_detail(result: Result, number: int) -> str:
    """A face, counted from 1 -> the decision with its reason, and its scores."""
    scored = result.faces[number - 1]
    bars = PIECES.score_bars(
        [(name, score, colour_of(name, result.labels)) for name, score in scored.scores.items()],
        result.threshold,
    )
    reason, tint = reason_of(scored, result.threshold), colour_of(scored.label, result.labels)
    return str(PIECES.detail(number, len(result.faces), scored.label, tint, reason, bars))


def face_close_up(scored: ScoredFace, number: int, drops: np.ndarray | None = None) -> str:
    """A face -> its crop and, once that is known, which parts of it its score depends on."""
    best = best_of(scored.scores)
    heat = said = ""
    if drops is not None:
        heat, said = data_uri(draw_drops(scored.crop, drops)), say_drops(drops, best)
    legend = PIECES.legend(legend_colours(), BRIGHTEST)
    return str(PIECES.closer(number, data_uri(scored.crop, 92), heat, best, said, legend))


def decision(label: str, labels: tuple[str, ...]) -> str:
    """A label -> it in its colour."""
    return str(PIECES.decision(label, colour_of(label, labels)))


def faces_table(result: Result) -> str:
    """A result -> a table of its faces, sorted by a click on a column's name."""
    head = ["face", "decision", *result.labels, "detection confidence", "width, px"]
    rows = []
    for number, scored in enumerate(result.faces, start=1):
        left, _, right, _ = scored.face.box
        figures = [*scored.scores.values(), scored.face.confidence]
        cells = [PIECES.pick(number), decision(scored.label, result.labels)]
        rows.append([*cells, *(f"{figure:.3f}" for figure in figures), f"{right - left:.0f}"])
    return table("Every face", head, rows)


def share(result: Result, numbers: bool = False, blur: bool = False, drawn: bool = False) -> str:
    """A result -> what to choose for a picture of it, and the picture once it is drawn."""
    picture = data_uri(result.draw(numbers=numbers, blur=blur), 90) if drawn else ""
    return str(PIECES.share(numbers, blur, picture))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Names of columns and rows of HTML -> a table that sorts by any column."""
    return str(PIECES.table(caption, head, rows))


def rows_table(rows: Sequence[Row], labels: tuple[str, ...], most: int) -> str:
    """Rows of tables.py -> a table with what a visitor looks for, of the first `most` of them."""
    cells = [
        [
            escape(row["photo"]),
            escape(row["status"].replace("_", " ")),
            str(row.get("face", "")),
            decision(row["label"], labels) if "label" in row else "",
            *(f"{row[label]:.3f}" if label in row else "" for label in labels),
        ]
        for row in rows[:most]
    ]
    caption = (
        "Every face of every photo"
        if len(rows) <= most
        else f"The first {most} of {len(rows)} rows; faces.csv holds all"
    )
    return table(caption, ["photo", "status", "face", "decision", *labels], cells)


def counts_chart(counts: Sequence[Count], labels: tuple[str, ...]) -> str:
    """Counts -> bars in the labels' colours."""
    bars = [
        Bar(count.label, count.share, count.interval, count.n, colour_of(count.label, labels))
        for count in counts
    ]
    return draw_bars("Share of faces, with 95 % intervals", bars)


def live_frame(
    photo: Photo, faces: Sequence[Track], decided: dict[int, str], labels: tuple[str, ...]
) -> str:
    """A camera's frame and the faces in view -> the frame with their boxes, labels and scores."""
    boxes = [
        {
            "number": face.number,
            "label": decided[face.number],
            "score": max(face.scores.values()),
            "place": place_style(face.box, photo.width, photo.height),
            "tint": colour_of(decided[face.number], labels),
        }
        for face in faces
    ]
    return str(PIECES.live(boxes, data_uri(photo.pixels, 75)))


def said(sentence: str, role: str = "status") -> str:
    """A sentence that a screen reader speaks when it appears."""
    return str(PIECES.said(sentence, role))


def section(title: str, sentence: str) -> str:
    """A title and a sentence on what it is about."""
    return str(PIECES.section(title, sentence))


def plots(*drawn: str) -> str:
    """Plots -> a row of them."""
    return str(PIECES.plots(drawn))


def figures_pane(figures: Sequence[str]) -> str:
    """Figures of photos -> a pane that scrolls."""
    return str(PIECES.figures_pane(figures))


def groups(note: str, single: Sequence[str], title: str, crossed: Sequence[str]) -> str:
    """A note and a chart for each column -> all of them; those of two columns at once unfold."""
    return str(PIECES.groups(note, single, title, crossed))


def examples(pictures: Sequence[tuple[str, str]]) -> str:
    """Names and addresses of pictures -> a button each."""
    return str(PIECES.examples(pictures))


def rate(per_second: float, faces: int) -> str:
    """What the camera gives and shows -> in words."""
    return str(PIECES.rate(per_second, faces))


def download(name: str, kind: str, text: str) -> str:
    """A file's name, its MIME type and text -> a link that holds it whole."""
    return str(PIECES.download(name, kind, base64.b64encode(text.encode()).decode()))


def downloads(*links: str) -> str:
    """Links -> the line that offers them."""
    return str(PIECES.downloads([Markup(link) for link in links]))  # noqa: S704


def to_figure(photo: str, outcome: Outcome) -> str:
    """One photo -> an HTML figure: thumbnail with boxes, labels and scores beneath."""
    if isinstance(outcome, PhotoError):
        return str(PIECES.failed_figure(photo, str(outcome)))
    faces = [
        {
            "label": face["label"],
            "tint": colour_of(face["label"], outcome.labels),
            "scores": list(face["scores"].items()),
        }
        for face in outcome.to_dict()["faces"]
    ]
    return str(PIECES.figure(photo, data_uri(outcome.draw(360, numbers=True), 80), faces))


def to_html(figures: Iterable[str], summary: str, top: str = "") -> Iterator[str]:
    """Figures -> one page that needs nothing else, in pieces; `top` is HTML above the figures."""
    page = TEMPLATES.get_template("page.html")
    return page.generate(figures=figures, summary=summary, top=top)
