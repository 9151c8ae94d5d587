"""A zip of class folders -> how often the model is right on them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np

from ...evaluation import (
    Answers,
    Check,
    check_answers,
    correct_answers,
    read_answers,
    truth_of,
)
from ...own_check import LEAST, known_by, write_check
from ...photo import PhotoError
from ...reader import PhotoReader
from ...report import html
from ...report.charts import draw_confusion, draw_reliability, draw_risk_coverage
from ...report.rendering import percent, span
from ...report.review import answers_csv, check_corrections, review_mistakes
from ...report.shares import shares_part
from ...report.tables import provenance_of
from ...result import Outcome
from ...shares import Known, estimate_shares, known_errors
from .. import controls, strings
from ..batch import BatchReader
from ..components import REVIEW, SORT, file_box, html_box


def check_tab(reader: PhotoReader, batches: BatchReader, checked: gr.State) -> None:
    """Build the tab; checked: takes what the check says of the model's errors."""
    folders = " and ".join(f"{label.lower()}/" for label in reader.labels)
    with gr.Tab("Check"):
        html_box(html.section("Check it on your faces", strings.CHECK.format(folders=folders)))
        file = file_box(label="Zip of class folders", height=160)
        html_box(controls.folder_chooser())
        report = html_box(script=SORT, name="answer")
        review = html_box(script=REVIEW)
        state = gr.State(time_to_live=batches.kept_seconds)

    def read(
        path: str | None, progress: gr.Progress = gr.Progress()
    ) -> tuple[str, str, Answers | None, Known | None]:
        if path is None:
            return "", "", None, None
        try:
            answers = read_answers(
                read_zip(batches, Path(path), reader.labels, progress), reader.labels
            )
            check = check_answers(answers, reader.labels, reader.threshold)
        except PhotoError as error:
            return html.said(str(error), "alert"), "", None, None
        tiles = review_mistakes(check.mistakes, reader.labels)
        said = _report(check, reader, batches.skipped([Path(path)]))
        return said, tiles, without_crops(answers), known_by(check)

    file.change(
        read, file, [report, review, state, checked], api_visibility="private",
        trigger_mode="always_last",
    )  # fmt: skip

    def follow(answers: Answers | None, event: gr.EventData) -> tuple[str, Known | None]:
        return correct(reader, answers, event)  # a partial would hide the event from Gradio

    review.select(
        follow, state, [report, checked], api_visibility="private", show_progress="hidden",
        trigger_mode="always_last",
    )  # fmt: skip


def without_crops(answers: Answers) -> Answers:
    """Answers -> what is held of them until the visitor goes."""
    return replace(answers, mistakes=())


def correct(
    reader: PhotoReader, answers: Answers | None, event: gr.EventData
) -> tuple[str, Known | None]:
    """What was checked, and a person's classes for some photos -> the figures that follow."""
    if answers is None:
        raise gr.Error(strings.FORGOTTEN_MANY, print_exception=False)
    corrections = check_corrections(event.corrections, reader.labels)
    try:
        corrected = correct_answers(answers, corrections, reader.labels)
        check = check_answers(corrected, reader.labels, reader.threshold)
    except PhotoError as error:
        return html.said(str(error), "alert"), None
    said = f"You corrected {html.how_many(len(corrections), 'label')}." if corrections else ""
    made = provenance_of(reader.threshold, reader.model, reader.revision)
    table = html.download("checked.csv", "text/csv", answers_csv(answers, corrections, made))
    return _report(check, reader, said) + html.downloads(table), known_by(check)


def read_zip(
    batches: BatchReader, path: Path, labels: tuple[str, ...], progress: gr.Progress
) -> Iterator[tuple[str, Outcome]]:
    """A zip -> every photo's name and outcome, one at a time, so that no photo stays.

    Raises PhotoError before any photo is read: for a refused zip, or a folder that is no class.
    """
    names = batches.names(path)
    for name in names:
        truth_of(name, labels)
    for done, (name, outcome) in enumerate(batches.read([path]), start=1):
        progress((done, len(names)), unit="photos")
        if isinstance(outcome, PhotoError) and name == path.name:
            raise outcome
        yield name, outcome


def _report(check: Check, reader: PhotoReader, skipped: str) -> str:
    said = (
        f"{percent(check.accuracy)} of {html.how_many(check.n)} right "
        f"(95 % interval {span(check.interval)}). "
        f"At the threshold {reader.threshold:.2f} it decides on {percent(check.coverage)}, "
        f"and {percent(check.covered)} "
        f"of these decisions are right. Expected calibration error {check.ece:.3f}. "
        f"Not counted: {html.how_many(check.no_face, 'photo')} without a face, "
        f"{check.unread} that could not be read, "
        f"{html.how_many(check.twice, 'near duplicate')}. "
        f"{skipped}"
    )
    plots = html.plots(
        draw_confusion(check.confusion, reader.labels),
        draw_reliability(check.reliability),
        draw_risk_coverage(check.curve, check.coverage),
    )
    file = html.download("check.json", "application/json", write_check(check, reader))
    parts = [html.said(said), html.downloads(file), _shares(check, reader), _class_table(check)]
    return "".join([*parts, plots])


def _shares(check: Check, reader: PhotoReader) -> str:
    """The true shares beside those that the model's own test would have made of the guesses."""
    known, counts = known_errors(reader.scorer.model), np.array(check.confusion)
    best = Counter(dict(zip(reader.labels, counts.sum(axis=0).tolist(), strict=True)))
    part = shares_part(estimate_shares(best, reader.labels, known.confusion), known, reader.labels)
    true = ", ".join(
        f"{label} {percent(n / check.n)}"
        for label, n in zip(reader.labels, counts.sum(axis=1), strict=True)
    )
    return f"{part}<p>{html.escape(strings.CHECKED.format(true=true, least=LEAST))}</p>"


def _class_table(check: Check) -> str:
    rows = [
        [
            html.escape(name),
            *(f"{figure:.3f}" for figure in (each.precision, each.recall, each.f1)),
            str(each.n),
        ]
        for name, each in check.classes.items()
    ]
    return html.table("By class", ["class", "precision", "recall", "F1", "faces"], rows)
