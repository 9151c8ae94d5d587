"""Many photos or a zip: counts with intervals, photos with labels, a table and page to download."""

from pathlib import Path

import gradio as gr

from ...fingerprints import SeenPhotos
from ...photo import PhotoError
from ...reader import PhotoReader
from ...report import html
from ...report.html import to_figure, to_html
from ...report.review import (
    COPY,
    Review,
    check_corrections,
    corrected_part,
    counted_labels,
    say_copies,
)
from ...report.tables import Row, to_csv, to_rows
from ...result import Outcome, Result, count_labels
from .. import controls, strings
from ..batch import BatchReader
from ..components import PROGRESS_HEIGHT, REVIEW, SORT, file_box, html_box

FIGURES_SHOWN, FIGURES_TAKEN = (
    60,
    300,
)  # photos with their picture, on this page and in the one to download
ROWS_SHOWN = 500


def folder_tab(reader: PhotoReader, batches: BatchReader) -> None:
    """Build the tab."""
    with gr.Tab("Folder"):
        html_box(html.section("A folder of photos", strings.FOLDER))
        files = file_box(label="Photos, or a zip of photos", file_count="multiple", height=160)
        html_box(controls.folder_chooser())
        report = html_box(script=SORT, height=PROGRESS_HEIGHT)
        corrected, review = html_box(), html_box(script=REVIEW)
        read_rows = gr.State(time_to_live=batches.kept_seconds)

    def read(
        paths: list[str] | None, progress: gr.Progress = gr.Progress()
    ) -> tuple[str, str, str, list[Row] | None]:
        if not paths:
            return "", "", "", None
        sources = [Path(path) for path in paths]
        total = batches.count(sources)
        rows: list[Row] = []
        figures: list[str] = []
        faces, seen = Review(reader.labels), SeenPhotos()
        done = 0
        for done, (name, outcome) in enumerate(batches.read(sources), start=1):
            progress((done, total), unit="photos")
            if isinstance(outcome, Result):
                faces.add(len(rows), name, outcome)
            rows += with_original(to_rows(name, outcome), outcome, seen)
            figures += [to_figure(name, outcome)] if len(figures) < FIGURES_TAKEN else []
        report = report_on(done, rows, figures, reader, batches.skipped(sources))
        return report, "", faces.tiles(), rows

    def correct(rows: list[Row] | None, event: gr.EventData) -> str:
        if rows is None:
            raise gr.Error(strings.FORGOTTEN_MANY, print_exception=False)
        return corrected_part(
            rows, check_corrections(event.corrections, reader.labels), reader.labels
        )

    outputs = [report, corrected, review, read_rows]
    files.change(read, files, outputs, api_visibility="private", trigger_mode="always_last")
    review.select(
        correct, read_rows, corrected, api_visibility="private", show_progress="hidden",
        trigger_mode="always_last",
    )  # fmt: skip


def with_original(rows: list[Row], outcome: Outcome, seen: SeenPhotos) -> list[Row]:
    """A photo's rows -> the same, with the photo that came before if it is a copy of that."""
    if isinstance(outcome, PhotoError) or not outcome.faces:
        return rows
    original = seen.original_of(rows[0]["photo"], outcome.photo.pixels)
    return [row | {COPY: original} for row in rows] if original else rows


def report_on(
    photos: int, rows: list[Row], figures: list[str], reader: PhotoReader, skipped: str = ""
) -> str:
    """How many photos were read, the rows of all and the figures of the first -> the report.

    skipped: a sentence on files that were not read; the report says itself what it leaves out
    """
    if not photos:
        return html.said(f"There are no photos in what you sent. {skipped}", "alert")
    failed = sum(row["status"].startswith("error") for row in rows)
    counts = count_labels(counted_labels(rows), reader.labels)
    faces = sum(count.n for count in counts)
    found = f"{html.how_many(photos, 'photo')}, {html.how_many(faces)}"
    summary = f"{found}, {failed} that could not be read; threshold {reader.threshold:.2f}"
    page = to_html(figures, f"{summary}. {_left_out(photos, FIGURES_TAKEN)}")
    links = [
        html.download("faces.csv", "text/csv", to_csv(rows, reader.labels, (COPY,))),
        html.download("faces.html", "text/html", "".join(page)),
    ]
    parts = [
        html.said(f"{summary}. {_left_out(photos, FIGURES_SHOWN)} {say_copies(rows)} {skipped}"),
        html.counts_chart(counts, reader.labels) if faces else "",
        html.downloads(*links),
        html.figures_pane(figures[:FIGURES_SHOWN]),
        html.rows_table(rows, reader.labels, ROWS_SHOWN),
    ]
    return "".join(parts)


def _left_out(photos: int, pictured: int) -> str:
    return (
        f"The first {pictured} photos are pictured; faces.csv holds all."
        if photos > pictured
        else ""
    )
