"""Faces for a person to look at -> tiles to correct by key; corrections -> the table of rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappush, heappushpop
from typing import Any

from PIL import Image

from ..decision import best_of
from ..drawing import colour_of, data_uri
from ..evaluation import Answers, LabelledFace
from ..model_folder import UNCERTAIN
from ..result import Result, ScoredFace, count_labels
from . import html
from .rendering import PIECES, how_many
from .tables import Row, to_csv, write_csv

KEPT = 300  # faces to review, of the others only the rows are kept
TILE = 72  # px
BEFORE = "label_before"  # column: what the model said where a person said otherwise
COPY = "duplicate_of"  # column: the photo of which this one is a near duplicate
COPIES_NAMED = 5  # in a sentence
LEFT_OUT = "not counted"  # in place of a label: the face counts in no share
LEFT_OUT_COLOUR = "#FFFFFF"


class Review:
    """Faces of many photos, as they come; the least sure are kept, to be looked at first."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        """labels: what a face can be called beside "uncertain"."""
        self._labels = labels
        self._kept: list[tuple[float, int, dict[str, Any]]] = []

    def add(self, first: int, photo: str, result: Result) -> None:
        """Take a photo's faces; first: the number of the first one's row."""
        for number, scored in enumerate(result.faces, start=first):
            sure = -max(scored.scores.values())
            if len(self._kept) < KEPT or sure > self._kept[0][0]:
                tile = _tile(str(number), photo, scored, scored.label, self._labels)
                push = heappush if len(self._kept) < KEPT else heappushpop
                push(self._kept, (sure, -number, tile))

    def tiles(self) -> str:
        """HTML of the tiles, the least sure first; nothing without a face."""
        kept = [tile for *_, tile in sorted(self._kept, key=lambda each: (-each[0], -each[1]))]
        options = [*_options(self._labels), ("0", UNCERTAIN, colour_of(UNCERTAIN, self._labels))]
        return _tiles("Correct labels", kept, options)


def review_mistakes(mistakes: Iterable[LabelledFace], labels: tuple[str, ...]) -> str:
    """Misclassified faces -> tiles that bear their folder's class, to correct it."""
    tiles = [
        {
            **_tile(each.photo, each.photo, each.face, each.truth, labels),
            "note": f"read as {best_of(each.face.scores)} {max(each.face.scores.values()):.2f}",
        }
        for each in mistakes
    ]
    return _tiles("Mistakes, the most confident first", tiles, _options(labels))


def correct_rows(rows: Sequence[Row], corrections: Mapping[str, str]) -> list[Row]:
    """Rows, and a person's labels by the number of a row -> rows with both labels."""
    return [
        row | {BEFORE: row["label"], "label": corrections[str(number)]}
        if "label" in row and str(number) in corrections
        else row
        for number, row in enumerate(rows)
    ]


def check_corrections(sent: object, labels: Sequence[str]) -> dict[str, str]:
    """What a browser sent -> what of it are corrections, by row or photo."""
    allowed = (*labels, UNCERTAIN, LEFT_OUT)
    pairs = sent.items() if isinstance(sent, dict) else ()
    return {str(key): label for key, label in pairs if label in allowed}


def _options(labels: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """The key, name and colour of each class, and of what leaves a face out."""
    classes = [
        (str(key), label, colour_of(label, labels)) for key, label in enumerate(labels, start=1)
    ]
    return [*classes, ("x", LEFT_OUT, LEFT_OUT_COLOUR)]


def _tile(
    key: str, photo: str, scored: ScoredFace, label: str, labels: tuple[str, ...]
) -> dict[str, Any]:
    crop = Image.fromarray(scored.crop)
    crop.thumbnail((TILE, TILE))
    return {
        "key": key,
        "photo": photo,
        "label": label,
        "tint": colour_of(label, labels),
        "crop": data_uri(crop, 80),
        "note": f"{max(scored.scores.values()):.2f}",
    }


def _tiles(
    title: str, tiles: Sequence[dict[str, Any]], options: Sequence[tuple[str, str, str]]
) -> str:
    if not tiles:
        return ""
    keys = ", ".join(f"{key} {name}" for key, name, _ in options)
    return str(PIECES.review(title, keys, tiles, json.dumps(options)))


def counted_labels(rows: Iterable[Row]) -> list[str]:
    """Rows -> the labels that count: of no face left out, and of no photo's copy."""
    labelled = (row for row in rows if "label" in row and not row.get(COPY))
    return [row["label"] for row in labelled if row["label"] != LEFT_OUT]


def corrected_part(
    rows: Sequence[Row], corrections: Mapping[str, str], labels: tuple[str, ...]
) -> str:
    """Rows, and a person's labels by the number of a row -> shares that follow, and the table."""
    corrected = correct_rows(rows, corrections)
    changed = sum(BEFORE in row for row in corrected)
    if not changed:
        return ""
    table = to_csv(corrected, labels, (COPY, BEFORE))
    said = f"You corrected {how_many(changed, 'label')}. The shares with your labels:"
    return (
        html.said(said)
        + html.counts_chart(count_labels(counted_labels(corrected), labels), labels)
        + html.downloads(html.download("faces-corrected.csv", "text/csv", table))
    )


def say_copies(rows: Iterable[Row]) -> str:
    """Rows -> a sentence on photos that are near duplicates of others; nothing without any."""
    copies = {row["photo"]: row[COPY] for row in rows if row.get(COPY)}
    if not copies:
        return ""
    first = ", ".join(f"{one} ({other})" for one, other in list(copies.items())[:COPIES_NAMED])
    more = len(copies) - COPIES_NAMED
    return (
        f"Near duplicates of other photos, whose faces are not counted again: {first}"
        f"{f' and {more} more' if more > 0 else ''}."
    )


def answers_csv(answers: Answers, corrections: Mapping[str, str]) -> str:
    """Labelled photos, and a person's classes for some -> CSV with both and the scores."""
    rows = (
        {
            "photo": each.photo,
            "label": corrections.get(each.photo, each.truth),
            BEFORE: each.truth if each.photo in corrections else "",
            "read_as": best_of(each.scores),
            **{name: round(score, 4) for name, score in each.scores.items()},
        }
        for each in answers.found
    )
    scores = list(answers.found[0].scores) if answers.found else []
    return write_csv(rows, ("photo", "label", BEFORE, "read_as", *scores))
