"""Results -> pieces of a page: the photo with a button on each face, a face in detail, tables, files to take away."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape as escape_html

import numpy as np
from PIL import Image, ImageOps

from ..evaluation import Checked
from ..occlusion import draw_drops
from ..photo import Photo
from ..result import Count, Result, ScoredFace, best_of, reason_of
from ..tracking import Followed
from .charts import Bar, draw_bars
from .drawing import colour_of
from .tables import Row

TEMPLATE_SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "{}$`\\"})


def escape(value: object) -> str:
    """Anything -> text that neither HTML nor the page's template language reads as its own."""
    return escape_html(str(value)).translate(TEMPLATE_SIGNS)


def data_uri(picture: Image.Image | np.ndarray, quality: int = 85) -> str:
    """A picture -> an address that holds it whole, so that nothing is written to the server's disk."""
    packed = io.BytesIO()
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(packed, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(packed.getvalue()).decode()


def thumbnail(pixels: np.ndarray, side: int) -> Image.Image:
    """Pixels -> the square in their middle, `side` px."""
    return ImageOps.fit(Image.fromarray(pixels), (side, side))


def photo_with_faces(result: Result, chosen: int = 1) -> str:
    """A result -> its photo with a button on each face, to click or to reach by keyboard; `chosen` counts from 1."""
    buttons = "".join(
        _face_button(number, scored, result, number == chosen) for number, scored in enumerate(result.faces, start=1)
    )
    picture = f'<img alt="Your photo, {how_many(len(result.faces))} marked" src="{data_uri(result.photo.pixels)}">'
    return f'<div class="photo" role="group" aria-label="Photo">{picture}{buttons}</div>'


def _face_button(number: int, scored: ScoredFace, result: Result, chosen: bool) -> str:
    said = escape(f"Face {number}: {reason_of(scored, result.threshold)}")
    style = place_style(scored.face.box, result.photo.width, result.photo.height)
    return (
        f'<button type="button" class="face" data-pick="{number}" aria-pressed="{str(chosen).lower()}" aria-label="{said}" '
        f'title="{said}" style="{style};--tint:{colour_of(scored.label, result.labels)}"><span>{number}</span></button>'
    )


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
    return (
        f'<section class="detail" aria-label="Face {number}">{decision(scored.label, result.labels)}'
        f'<p class="reason">Face {number} of {len(result.faces)}. {escape(reason_of(scored, result.threshold))}.</p>'
        f"{score_bars(scored.scores, result.labels, result.threshold)}</section>"
    )


def face_looked_into(scored: ScoredFace, number: int, drops: np.ndarray | None = None) -> str:
    """A face -> its crop and, once that is known, what its score hung on."""
    heat = '<div class="wait" role="status">Looking closer …</div>' if drops is None else _heat(scored, number, drops)
    return (
        f'<section class="pair" aria-label="Face {number}, closer">'
        f'<figure><img alt="Face {number}, as the model sees it" src="{data_uri(scored.crop, 92)}">'
        f"<figcaption>what the model sees of face {number}</figcaption></figure>"
        f"<figure>{heat}<figcaption>what its score hung on</figcaption></figure></section>"
    )


def _heat(scored: ScoredFace, number: int, drops: np.ndarray) -> str:
    said = f"Bright where hiding face {number} costs most of its score for {best_of(scored.scores)}"
    return f'<img alt="{escape(said)}" src="{data_uri(draw_drops(scored.crop, drops))}">'


def decision(label: str, labels: tuple[str, ...]) -> str:
    """A label -> it in its colour."""
    return f'<span class="decision" style="--tint:{colour_of(label, labels)}">{escape(label)}</span>'


def score_bars(scores: dict[str, float], labels: tuple[str, ...], threshold: float) -> str:
    """Scores by class -> a bar each, with a mark where the threshold lies."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="track" aria-hidden="true">'
        f'<div style="--tint:{colour_of(name, labels)}"><i style="width:{100 * score:.1f}%"></i>'
        f'<b class="mark" style="left:{100 * threshold:.1f}%"></b></div></td><td>{score:.2f}</td></tr>'
        for name, score in scores.items()
    )
    return (
        f'<table class="bars"><caption>Scores, the mark is the threshold {threshold:.2f}</caption><tbody>{rows}</tbody></table>'
    )


def faces_table(result: Result) -> str:
    """A result -> a table of its faces, sorted by a click on a column's name."""
    head = ["face", "decision", *result.labels, "confidence", "width, px"]
    rows = []
    for number, scored in enumerate(result.faces, start=1):
        left, _, right, _ = scored.face.box
        figures = [*scored.scores.values(), scored.face.confidence]
        cells = [f'<button type="button" data-pick="{number}" aria-label="Show face {number}">{number}</button>']
        cells += [decision(scored.label, result.labels), *(f"{figure:.3f}" for figure in figures), f"{right - left:.0f}"]
        rows.append(cells)
    return table("Every face", head, rows)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Names of columns and rows of HTML -> a table that sorts by any column."""
    names = "".join(f'<th scope="col"><button type="button" class="sort">{escape(name)}</button></th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll pane" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="sorted">'
        f"<caption>{escape(caption)}</caption><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
    )


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
    caption = "Every face of every photo" if len(rows) <= most else f"The first {most} of {len(rows)} rows; faces.csv holds all"
    return table(caption, ["photo", "status", "face", "decision", *labels], cells)


def counts_chart(counts: Sequence[Count], labels: tuple[str, ...]) -> str:
    """Counts -> bars in the labels' colours."""
    bars = [Bar(count.label, count.share, count.interval, count.n, colour_of(count.label, labels)) for count in counts]
    return draw_bars("Share of faces, with 95 % intervals", bars)


def live_frame(photo: Photo, faces: Sequence[Followed], decided: dict[int, str], labels: tuple[str, ...]) -> str:
    """A camera's frame and the faces in view -> the frame with their boxes, labels and scores."""
    width, height = photo.width, photo.height
    boxes = "".join(
        f'<div class="face" style="{place_style(face.box, width, height)};--tint:{colour_of(decided[face.number], labels)}">'
        f"<span>{face.number} {escape(decided[face.number])} {max(face.scores.values()):.2f}</span></div>"
        for face in faces
    )
    picture_tag = f'<img decoding="sync" alt="Camera, {how_many(len(faces))}" src="{data_uri(photo.pixels, 75)}">'
    return f'<div class="photo live">{picture_tag}{boxes}</div>'


def mistakes(found: Sequence[Checked], labels: tuple[str, ...]) -> str:
    """Faces that were read wrongly -> their crops, the surest mistake first."""
    figures = "".join(_mistake(each, labels) for each in found)
    return f'<h2 class="crops-title">Mistakes, the surest first</h2><div class="crops">{figures}</div>'


def _mistake(each: Checked, labels: tuple[str, ...]) -> str:
    best = best_of(each.face.scores)
    said = f"{decision(best, labels)} {each.face.scores[best]:.2f}<br>your folder: {escape(each.truth)}"
    picture = f'<img alt="" src="{data_uri(each.face.crop)}">'
    return f"<figure>{picture}<figcaption>{said}<br><small>{escape(each.photo)}</small></figcaption></figure>"


def section(title: str, sentence: str) -> str:
    """A title and what it is about."""
    return f'<section class="about"><h2>{escape(title)}</h2><p>{escape(sentence)}</p></section>'


def download(name: str, kind: str, text: str) -> str:
    """A file's name, its MIME type and text -> a link that holds it whole."""
    content = base64.b64encode(text.encode()).decode()
    return f'<a class="download" download="{escape(name)}" href="data:{kind};charset=utf-8;base64,{content}">{escape(name)}</a>'


def downloads(*links: str) -> str:
    """Links -> the line that offers them."""
    return f'<p class="downloads"><span>Take away</span>{"".join(links)}</p>'


def how_many(n: int, noun: str = "face") -> str:
    """A number of faces, or of another noun -> in words."""
    return f"no {noun}" if not n else f"1 {noun}" if n == 1 else f"{n} {noun}s"
