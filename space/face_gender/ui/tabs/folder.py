"""Many photos or a zip: counts with intervals, photos with labels, a table and page to download."""

from pathlib import Path

import gradio as gr

from ...reader import PhotoReader
from ...report import html
from ...report.html import to_figure, to_html
from ...report.tables import Row, to_csv, to_rows
from ...result import count_labels
from .. import controls, strings
from ..batch import BatchReader
from ..components import PROGRESS_HEIGHT, SORT, file_box, html_box

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

    def read(paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> str:
        if not paths:
            return ""
        sources = [Path(path) for path in paths]
        total = batches.count(sources)
        rows: list[Row] = []
        figures: list[str] = []
        done = 0
        for done, (name, outcome) in enumerate(batches.read(sources), start=1):
            progress((done, total), unit="photos")
            rows += to_rows(name, outcome)
            figures += [to_figure(name, outcome)] if len(figures) < FIGURES_TAKEN else []
        return report_on(done, rows, figures, reader, batches.skipped(sources))

    files.change(read, files, report, api_visibility="private", trigger_mode="always_last")


def report_on(
    photos: int, rows: list[Row], figures: list[str], reader: PhotoReader, skipped: str = ""
) -> str:
    """How many photos were read, the rows of all and the figures of the first -> the report.

    skipped: a sentence on files that were not read; the report says itself what it leaves out
    """
    if not photos:
        return html.said(f"There are no photos in what you sent. {skipped}", "alert")
    failed = sum(row["status"].startswith("error") for row in rows)
    counts = count_labels((row["label"] for row in rows if "label" in row), reader.labels)
    faces = sum(count.n for count in counts)
    found = f"{html.how_many(photos, 'photo')}, {html.how_many(faces)}"
    summary = f"{found}, {failed} that could not be read; threshold {reader.threshold:.2f}"
    page = to_html(figures, f"{summary}. {_left_out(photos, FIGURES_TAKEN)}")
    links = [
        html.download("faces.csv", "text/csv", to_csv(rows, reader.labels)),
        html.download("faces.html", "text/html", "".join(page)),
    ]
    parts = [
        html.said(f"{summary}. {_left_out(photos, FIGURES_SHOWN)} {skipped}"),
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
