"""Many photos or a zip: counts with intervals, photos with labels, a table and page to download."""

from collections import Counter
from pathlib import Path, PurePosixPath

import gradio as gr

from ...groups import compare_groups, top_folders
from ...reader import PhotoReader
from ...report import html
from ...report.html import to_figure, to_html
from ...report.rendering import say_made_by
from ...report.shares import groups_section, shares_part
from ...report.tables import Row, mark, provenance_of, to_csv, to_rows
from ...report.totals import Totals
from ...result import Outcome, count_labels
from ...shares import Known, estimate_shares, known_errors
from .. import strings
from ..batch import BatchReader
from ..components import PROGRESS_HEIGHT, SORT, file_box, html_box

FIGURES_SHOWN, FIGURES_TAKEN = (
    60,
    300,
)  # photos with their picture, on this page and in the one to download
ROWS_SHOWN = 500


def folder_tab(reader: PhotoReader, batches: BatchReader, checked: gr.State) -> None:
    """Build the tab; checked: what a visitor's own check says of the model's errors, or None."""
    with gr.Tab("Folder"):
        html_box(html.section("A folder of photos", strings.FOLDER))
        files = file_box(label="Photos, or a zip of photos", file_count="multiple", height=160)
        report = html_box(script=SORT, height=PROGRESS_HEIGHT)

    def read(
        paths: list[str] | None, known: Known | None, progress: gr.Progress = gr.Progress()
    ) -> str:
        if not paths:
            return ""
        sources = [Path(path) for path in paths]
        total = batches.count(sources)
        found = Found(reader, known)
        for done, (name, outcome) in enumerate(batches.read(sources), start=1):
            progress((done, total), unit="photos")
            found.add(name, outcome)
        return found.report(batches.skipped(sources))

    files.change(read, [files, checked], report, api_visibility="private")


class Found:
    """What many photos hold, as it comes, and the report on it."""

    def __init__(self, reader: PhotoReader, known: Known | None = None) -> None:
        """known: of the model's errors; what its own test says if not given."""
        self._labels = reader.labels
        self._known = known or known_errors(reader.scorer.model)
        self._made = provenance_of(reader.threshold, reader.model, reader.revision)
        self._rows: list[Row] = []
        self._figures: list[str] = []
        self._totals = Totals(reader.labels)

    def add(self, name: str, outcome: Outcome) -> None:
        """Take one photo's outcome; of the first photos the picture too."""
        rows = to_rows(name, outcome)
        self._rows += rows
        self._totals.add(rows, str(PurePosixPath(name).parent))
        if len(self._figures) < FIGURES_TAKEN:
            self._figures.append(to_figure(name, outcome))

    def report(self, skipped: str = "") -> str:
        """HTML; skipped: a sentence on files that were not read. It says what it leaves out."""
        photos = self._totals.photos
        if not photos:
            return html.said(f"There are no photos in what you sent. {skipped}", "alert")
        shares = estimate_shares(self._totals.best, self._labels, self._known.confusion)
        part = shares_part(shares, self._known, self._labels) + self._by_folder()
        decided = count_labels(self._totals.decided.elements(), self._labels)
        summary = self._totals.in_words()
        parts = [
            html.said(f"{summary} {_left_out(photos, FIGURES_SHOWN)} {skipped}"),
            html.counts_chart(decided, self._labels) + part,
            html.said(say_made_by(self._made), "note"),
            html.downloads(*self._downloads(summary, part)),
            html.figures_pane(self._figures[:FIGURES_SHOWN]),
            html.rows_table(self._rows, self._labels, ROWS_SHOWN),
        ]
        return "".join(parts)

    def _by_folder(self) -> str:
        """Shares by folder, where the photos came in several."""
        names = top_folders(map(PurePosixPath, self._totals.groups))
        best: dict[str, Counter[str]] = {}
        for folder, counts in self._totals.groups.items():
            name = names[PurePosixPath(folder)]
            best[name] = best.get(name, Counter()) + counts
        groups = compare_groups(best, self._labels, {})
        return groups_section("folder", groups, self._labels) if len(groups) > 1 else ""

    def _downloads(self, summary: str, part: str) -> list[str]:
        left = _left_out(self._totals.photos, FIGURES_TAKEN)
        page = to_html(self._figures, f"{summary} {say_made_by(self._made)} {left}", part)
        table = to_csv(mark(self._rows, self._made), self._labels)
        return [
            html.download("faces.csv", "text/csv", table),
            html.download("faces.html", "text/html", "".join(page)),
        ]


def _left_out(photos: int, pictured: int) -> str:
    return (
        f"The first {pictured} photos are pictured; faces.csv holds all."
        if photos > pictured
        else ""
    )
