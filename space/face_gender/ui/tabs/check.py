"""A zip of class folders -> how often the model is right on them."""

from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from ...evaluation import Check, check_outcomes, truth_of
from ...photo import PhotoError
from ...reader import PhotoReader
from ...report import html as fragments
from ...report.charts import draw_confusion, draw_reliability, draw_risk_coverage, percent, span
from ...report.tables import Outcome
from .. import strings as words
from ..batch import BatchReader
from ..components import PROGRESS_HEIGHT, SORT, file_box, html_box


def check_tab(reader: PhotoReader, batches: BatchReader) -> None:
    """Build the tab."""
    folders = " and ".join(f"{label.lower()}/" for label in reader.labels)
    with gr.Tab("Check"):
        html_box(fragments.section("Check it on your faces", words.CHECK.format(folders=folders)))
        file = file_box(label="Zip of class folders", height=160)
        report = html_box(script=SORT, height=PROGRESS_HEIGHT)

    def read(path: str | None, progress: gr.Progress = gr.Progress()) -> str:
        if path is None:
            return ""
        try:
            outcomes = read_zip(batches, Path(path), reader.labels, progress)
            check = check_outcomes(outcomes, reader.labels, reader.threshold)
            return _report(check, reader, batches.skipped([Path(path)]))
        except PhotoError as error:
            return f'<p class="said" role="alert">{fragments.escape(error)}</p>'

    file.change(read, file, report, api_visibility="private")


def read_zip(batches: BatchReader, path: Path, labels: tuple[str, ...], progress: gr.Progress) -> Iterator[tuple[str, Outcome]]:
    """A zip -> every photo's name and outcome, one at a time, so that no photo stays.

    Raises PhotoError, before any photo is read, where the zip is refused or a photo lies in no class folder.
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
        f"{percent(check.accuracy)} of {check.n} faces right (95 % interval {span(check.interval)}). "
        f"At the threshold {reader.threshold:.2f} it decides on {percent(check.coverage)}, and {percent(check.covered)} "
        f"of these decisions are right. Expected calibration error {check.ece:.3f}. "
        f"In no figure: {fragments.how_many(check.no_face, 'photo')} without a face, {check.unread} that could not be read. "
        f"{fragments.escape(skipped)}"
    )
    return (
        f'<p class="said" role="status">{said}</p>{_class_table(check)}'
        f'<div class="plots">{draw_confusion(check.confusion, reader.labels)}{draw_reliability(check.reliability)}'
        f"{draw_risk_coverage(check.curve, check.coverage)}</div>"
        f"{fragments.mistakes(check.mistakes, reader.labels)}"
    )


def _class_table(check: Check) -> str:
    rows = [
        [fragments.escape(name), *(f"{figure:.3f}" for figure in (each.precision, each.recall, each.f1)), str(each.n)]
        for name, each in check.classes.items()
    ]
    return fragments.table("By class", ["class", "precision", "recall", "F1", "faces"], rows)
