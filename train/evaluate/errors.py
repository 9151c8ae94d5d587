"""Scored photos -> what to learn errors from: a table of predictions, contact sheets, a page."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from datasets import Image as ImageColumn
from PIL import Image

from face_gender.decision import best_of, decide
from face_gender.drawing import colour_of
from face_gender.metrics import Bin, confidence_and_right
from face_gender.report import html
from face_gender.report.charts import (
    Bar,
    draw_bars,
    draw_confusion,
    draw_reliability,
    draw_risk_coverage,
)
from face_gender.report.rendering import PIECES, percent, span
from face_gender.report.tables import write_csv
from face_gender.runtime.files import write_text

from ..common.page import whole_page
from ..common.sheets import SHOWN, SIDE, Captioned, write_sheet
from ..crops.read import open_row
from ..data import LABEL, PHOTO, TEST, names_of
from ..data.split_files import file_names
from .protocol import MISSED, SCORED, SCORES

PREDICTIONS, PAGE = "predictions.csv", "report.html"
SPLIT = "split"  # column of the source's split, where photos come from several
ON_PAGE = 24  # mistakes, as on the app's Check tab


def write_errors(photos: Dataset, rows: Dataset, figures: dict[str, Any], folder: Path) -> None:
    """Photos, their scored rows and figures -> predictions, contact sheets and page in `folder`.

    mistakes.png and right.png begin with the most confident, unsure.png with the least. They show
    people, so none of them goes into the model folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    photos = photos.cast_column(PHOTO, ImageColumn(decode=False))
    table = list(predictions(photos, rows, figures["threshold"]))
    write_text(folder / PREDICTIONS, write_csv(table, list(table[0])))
    confidence, right = confidence_and_right(np.array(rows[SCORES]), np.array(rows[LABEL]))
    by_confidence = np.argsort(-confidence, kind="stable")
    mistakes = by_confidence[~right[by_confidence]]
    for name, order in (
        ("mistakes", mistakes),
        ("right", by_confidence[right[by_confidence]]),
        ("unsure", by_confidence[::-1]),
    ):
        write_sheet(captioned(photos, table, order[:SHOWN]), folder / f"{name}.png")
    write_text(folder / PAGE, to_page(figures, shown(photos, table, mistakes, figures["labels"])))


def predictions(photos: Dataset, rows: Dataset, threshold: float) -> Iterator[dict[str, Any]]:
    """Photos and their scored rows -> a row each: photo, split, label, guess, scores, groups."""
    classes = rows.features[LABEL].names
    others = [name for name in rows.column_names if name not in (*SCORED, LABEL, "file", SPLIT)]
    groups = {name: names_of(rows, name) for name in others}
    splits = names_of(rows, SPLIT) if SPLIT in rows.column_names else [TEST] * len(rows)
    told = zip(file_names(photos), splits, rows[LABEL], rows[SCORES], rows[MISSED], strict=True)
    for number, (photo, split, label, each, missed) in enumerate(told):
        scores = dict(zip(classes, each, strict=True))
        row = {
            "photo": photo,
            "split": split,
            "label": classes[label],
            "guess": best_of(scores),
            "decision": decide(scores, threshold),
            "face": "missed" if missed else "found",
            **{name: round(score, 4) for name, score in scores.items()},
        }
        of_groups = {name: values[number] or "" for name, values in groups.items()}
        yield row | {
            (f"data {name}" if name in row else name): value for name, value in of_groups.items()
        }


def captioned(photos: Dataset, table: list[dict[str, Any]], order: Any) -> Iterator[Captioned]:
    """Photos, their predictions, and which to show -> each with label, guess, score and name."""
    for number in map(int, order):
        row, photo = table[number], open_row(photos[number], SIDE)
        score = f"{row['guess']} {row[row['guess']]:.3f}"
        said = (f"label {row['label']}", f"guess {score}", row["photo"])
        yield Image.fromarray(photo.pixels), said


def shown(
    photos: Dataset, table: list[dict[str, Any]], mistakes: Any, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Photos, predictions and the mistakes' numbers -> the first of them, for the page."""
    found = []
    for number in map(int, mistakes[:ON_PAGE]):
        row = table[number]
        found.append(
            {
                "label": row["guess"],
                "tint": colour_of(row["guess"], tuple(labels)),
                "score": row[row["guess"]],
                "truth": row["label"],
                "photo": row["photo"],
                "crop": html.data_uri(html.thumbnail(open_row(photos[number], SIDE).pixels, SIDE)),
            }
        )
    return found


def to_page(figures: dict[str, Any], mistakes: list[dict[str, Any]]) -> str:
    """Figures and the worst mistakes -> a page as the app's Check tab, with groups."""
    whole = figures["all"]
    lead = (
        f"{percent(whole['accuracy'])} of {whole['n']:,} photos right (95 % interval "
        f"{span(whole['interval'])}). At the threshold {figures['threshold']:.3f} it decides on "
        f"{percent(whole['coverage'])} of them. Expected calibration error {whole['ece']:.3f}. "
        f"In {html.how_many(figures['missed'], 'photo')} no face was found."
    )
    charts = {
        column: draw_bars(f"Accuracy by {escape(column)}", [to_bar(*each) for each in of.items()])
        for column, of in figures["groups"].items()
    }
    single = [chart for column, chart in charts.items() if " x " not in column]
    crossed = [chart for column, chart in charts.items() if " x " in column]
    parts = (
        html.plots(
            draw_confusion(whole["confusion"], figures["labels"]),
            draw_reliability([Bin(**each) for each in whole["reliability"]]),
            draw_risk_coverage(whole["risk_coverage"], whole["coverage"]),
        ),
        html.groups("Every photo, by group.", single, "Two columns at once", crossed),
        str(PIECES.mistakes(mistakes, "labelled")) if mistakes else "<p>No mistake.</p>",
    )
    return whole_page("Evaluation", escape(lead), parts)


def to_bar(name: str, figure: dict[str, Any]) -> Bar:
    """A group's name and figures -> its bar."""
    return Bar(name, figure["accuracy"] or 0.0, tuple(figure["interval"]), figure["n"])
