"""Counts of a data set -> one self-contained page with plots, and the same as JSON."""

import json
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any

from face_gender.metrics import wilson
from face_gender.model_folder import Model
from face_gender.report import html
from face_gender.report.charts import Bar, draw_bars
from face_gender.report.drawing import colour_of
from face_gender.report.rendering import percent, span
from face_gender.report.tables import NO_FACE, OK
from face_gender.result import count_labels
from face_gender.runtime.files import write_text
from face_gender.shares import Corrected, correct_counts, read_confusion

from ..common.page import whole_page
from .aggregate import BINS, EVERY, Counted

AllCorrected = dict[str, dict[str, list[Corrected]]]  # by column and group
Groups = list[tuple[str, Counter[str]]]

TITLE = "Perceived gender in a data set"
GROUPS, REASONS = 30, 20  # shown of a column and of what went wrong, the largest
METHOD = (
    "Corrected shares account for the model’s known errors: Rogan and Gladen 1978, in machine "
    "learning adjusted classify and count (Forman 2008), with the confusion of the model’s test. "
    "They assume that each class is mistaken here as often as there, which other ages, groups and "
    "cameras can change. Intervals are 95 %. They cover chance alone and treat faces as "
    "independent, which faces in one photo are not."
)
NO_METHOD = (
    "This model publishes no test confusion, or its guesses say too little: shares are as guessed."
)


def write_report(counted: Counted, model: Model, folder: Path) -> None:
    """Counts -> report.html and report.json."""
    confusion = read_confusion(model)
    corrected = {
        column: {
            group: correct_counts(best, model.labels, confusion) for group, best in groups.items()
        }
        for column, groups in counted.best.items()
        if confusion is not None
    }
    write_text(
        folder / "report.json",
        json.dumps(to_figures(counted, corrected, model), indent=1, ensure_ascii=False) + "\n",
    )
    write_text(folder / "report.html", to_page(counted, corrected, model))


def to_figures(counted: Counted, corrected: AllCorrected, model: Model) -> dict[str, Any]:
    """Counts -> every figure of the page, as plain numbers."""
    groups = {
        column: {
            group: _group_figures(labels, corrected.get(column, {}).get(group, []), model)
            for group, labels in found.items()
        }
        for column, found in counted.decided.items()
    }
    return {
        "model": model.name,
        "revision": model.revision,
        "threshold": model.threshold,
        "statuses": dict(counted.statuses.most_common()),
        "confidences": counted.confidences.tolist(),
        "groups": groups,
    }


def _group_figures(
    decided: Counter[str], corrected: list[Corrected], model: Model
) -> dict[str, Any]:
    counts = count_labels(decided.elements(), model.labels)
    return {
        "n": decided.total(),
        "decided": {
            count.label: {"n": count.n, "share": count.share, "interval": count.interval}
            for count in counts
        },
        "corrected": {
            each.label: {"share": each.share, "interval": each.interval} for each in corrected
        },
    }


def to_page(counted: Counted, corrected: AllCorrected, model: Model) -> str:
    """Counts -> HTML."""
    parts = [
        _every_face(counted, corrected, model) if counted.faces else "<p>No face was found.</p>",
        *(
            _column(column, counted, corrected, model)
            for column in counted.decided
            if column != EVERY
        ),
        _reasons(counted),
    ]
    return whole_page(TITLE, _summary(counted, model), parts)


def _summary(counted: Counted, model: Model) -> str:
    failed = counted.statuses.total() - counted.faces - counted.statuses[NO_FACE]
    return (
        f"{counted.faces:,} faces; {counted.statuses[NO_FACE]:,} photos without one, "
        f"{failed:,} that could not be read. "
        f"{escape(model.name)} ({escape(model.revision)}), threshold {model.threshold:.2f}. "
        "A model’s guess at how annotators would perceive each face, for statistics: never a "
        "person’s identity, and nothing to decide about anyone."
    )


def _every_face(counted: Counted, corrected: AllCorrected, model: Model) -> str:
    decided = count_labels(counted.decided[EVERY][EVERY].elements(), model.labels)
    chart = html.counts_chart(decided, model.labels)
    found = corrected.get(EVERY, {}).get(EVERY, [])
    bars = [bar for each in found for bar in _before_and_after(each, counted.faces, model)]
    right = draw_bars("Best guesses, and corrected for known confusion", bars) if bars else ""
    sure = [
        Bar(
            f"{at / BINS:.2f} to {(at + 1) / BINS:.2f}",
            n / counted.faces,
            wilson(int(n), counted.faces),
            int(n),
        )
        for at, n in enumerate(counted.confidences)
        if n
    ]
    scores = draw_bars("Confidence: the best score of each face", sure)
    return f"{chart}{right}<p>{METHOD if bars else NO_METHOD}</p>{scores}"


def _before_and_after(each: Corrected, faces: int, model: Model) -> list[Bar]:
    colour = colour_of(each.label, model.labels)
    return [
        Bar(
            f"{each.label}, guessed",
            each.guessed.share,
            each.guessed.interval,
            each.guessed.n,
            colour,
        ),
        Bar(
            f"{each.label}, corrected", each.share, each.interval, round(each.share * faces), colour
        ),
    ]


def _column(column: str, counted: Counted, corrected: AllCorrected, model: Model) -> str:
    """A column -> a chart of one class (of each, if more than two), and a table of all."""
    largest = sorted(counted.best[column].items(), key=lambda item: -item[1].total())[:GROUPS]
    shown = model.labels[-1:] if len(model.labels) == 2 else model.labels
    suffix = ", corrected" if column in corrected else ""
    charts = "".join(
        draw_bars(
            f"{label} by {column}{suffix}", _group_bars(label, column, largest, corrected, model)
        )
        for label in shown
    )
    kinds = (f"{label}, {kind}" for kind in ("decided", "corrected") for label in model.labels)
    found = corrected.get(column, {})
    rows = [
        _group_row(group, counted.decided[column][group], found.get(group, []), model)
        for group, _ in largest
    ]
    all_groups = f"{len(counted.best[column]):,} groups"
    note = f"<p>The {GROUPS} largest of {all_groups}; report.json has all.</p>"
    table = html.table(f"By {column}", [column, "faces", *kinds], rows)
    parts = (charts, note if len(counted.best[column]) > len(largest) else "", table)
    return f'<section class="about"><h2>{escape(column)}</h2>{"".join(parts)}</section>'


def _group_bars(
    label: str, column: str, groups: Groups, corrected: AllCorrected, model: Model
) -> list[Bar]:
    at, bars = model.labels.index(label), []
    for group, best in groups:
        n = best.total()
        known = corrected.get(column, {}).get(group)
        share, interval = (
            (known[at].share, known[at].interval)
            if known
            else (best[label] / n, wilson(best[label], n))
        )
        bars.append(Bar(str(group), share, interval, n, colour_of(label, model.labels)))
    return bars


def _group_row(
    group: str, decided: Counter[str], corrected: list[Corrected], model: Model
) -> list[str]:
    counts = count_labels(decided.elements(), model.labels)[: len(model.labels)]
    shares = [f"{percent(count.share)} <small>{span(count.interval)}</small>" for count in counts]
    known = [
        f"{percent(each.share)} <small>{span(each.interval)}</small>" for each in corrected
    ] or ["–"] * len(model.labels)
    return [escape(str(group)), f"{decided.total():,}", *shares, *known]


def _reasons(counted: Counted) -> str:
    """Photos that could not be read, by reason."""
    wrong = [
        (status, n) for status, n in counted.statuses.most_common() if status not in (OK, NO_FACE)
    ]
    rows = [[escape(status.removeprefix("error: ")), f"{n:,}"] for status, n in wrong[:REASONS]]
    return html.table("Photos that could not be read", ["why", "photos"], rows) if rows else ""
