"""Counts of a data set -> one self-contained page with plots, and the same as JSON."""

import json
from collections import Counter
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from face_gender.groups import Group, compare_groups
from face_gender.metrics import wilson
from face_gender.model_folder import Model
from face_gender.report import html
from face_gender.report.charts import Bar, draw_bars
from face_gender.report.rendering import how_many, say_made_by
from face_gender.report.shares import groups_section, shares_chart
from face_gender.report.tables import NO_FACE, OK, Row, provenance_of
from face_gender.result import count_labels
from face_gender.runtime.files import write_text
from face_gender.shares import read_confusion, read_group_confusions, say_why

from ..common.page import whole_page
from .aggregate import BINS, EVERY, Counted

TITLE = "Perceived gender in a data set"
REASONS = 20  # of what went wrong, the most common
METHOD = (
    "Method: Rogan and Gladen 1978, in machine learning adjusted classify and count (Forman 2008). "
    "It assumes that each class is mistaken here as often as in the test, which other cameras and "
    "circumstances can change. Faces are treated as independent, which faces in one photo are not."
)

GUESS = (
    "A label is a model’s guess at how annotators would perceive each face, for statistics: never "
    "a person’s identity, and nothing to decide about anyone."
)

Columns = dict[str, list[Group]]  # by column, EVERY among them


def write_report(counted: Counted, model: Model, folder: Path, data: str) -> None:
    """Counts -> report.html and report.json; data: the data set's name."""
    known, every = read_group_confusions(model), read_confusion(model)
    known |= {EVERY: {EVERY: every}} if every is not None else {}
    columns = {
        column: compare_groups(groups, model.labels, known.get(column, {}))
        for column, groups in counted.best.items()
    }
    made = {"data": data, **provenance_of(model.threshold, model.name, model.revision)}
    figures = {**made, **to_figures(counted, columns, model)}
    write_text(folder / "report.json", json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "report.html", to_page(counted, columns, model, made))


def to_figures(counted: Counted, columns: Columns, model: Model) -> dict[str, Any]:
    """Counts -> every figure of the page, as plain numbers."""
    return {
        "statuses": dict(counted.statuses.most_common()),
        "confidences": counted.confidences.tolist(),
        "groups": {
            column: {
                group.name: _group_figures(group, counted.decided[column][group.name], model)
                for group in groups
            }
            for column, groups in columns.items()
        },
    }


def _group_figures(group: Group, decided: Counter[str], model: Model) -> dict[str, Any]:
    counts = count_labels(decided.elements(), model.labels)
    gaps, shares = group.differences, group.shares
    return {
        "n": group.faces,
        "decided": {
            count.label: {"n": count.n, "share": count.share, "interval": count.interval}
            for count in counts
        },
        "guessed": {
            each.label: {"share": each.guessed.share, "interval": each.guessed.interval}
            for each in shares
        },
        "corrected": {each.label: asdict(each.corrected) for each in shares if each.corrected},
        "difference": {each.label: asdict(each.guessed) for each in gaps},
        "corrected_difference": {
            each.label: asdict(each.corrected) for each in gaps if each.corrected
        },
    }


def to_page(counted: Counted, columns: Columns, model: Model, made: Row) -> str:
    """Counts -> HTML."""
    lead = f"{_summary(counted)} {escape(say_made_by(made))}"
    parts = [
        f"<p>{GUESS}</p>",
        _every_face(counted, columns, model) if counted.faces else "<p>No face was found.</p>",
        *(
            groups_section(column, groups, model.labels)
            for column, groups in columns.items()
            if column != EVERY
        ),
        _reasons(counted),
    ]
    return whole_page(TITLE, lead, parts)


def _summary(counted: Counted) -> str:
    failed = counted.statuses.total() - counted.faces - counted.statuses[NO_FACE]
    return (
        f"{how_many(counted.faces).capitalize()}; "
        f"{how_many(counted.statuses[NO_FACE], 'photo')} without one, "
        f"{how_many(failed, 'photo')} that could not be read."
    )


def _every_face(counted: Counted, columns: Columns, model: Model) -> str:
    decided = count_labels(counted.decided[EVERY][EVERY].elements(), model.labels)
    chart = html.counts_chart(decided, model.labels)
    (every,) = columns[EVERY]
    why = say_why(every.shares, read_confusion(model))
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
    bars = shares_chart(every.shares, model.labels)
    return f"{chart}{bars}<p>{escape(why)} {METHOD}</p>{scores}"


def _reasons(counted: Counted) -> str:
    """Photos that could not be read, by reason."""
    wrong = [
        (status, n) for status, n in counted.statuses.most_common() if status not in (OK, NO_FACE)
    ]
    rows = [[escape(status.removeprefix("error: ")), f"{n:,}"] for status, n in wrong[:REASONS]]
    return html.table("Photos that could not be read", ["why", "photos"], rows) if rows else ""
