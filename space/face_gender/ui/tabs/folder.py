"""Many photos or a zip: counts with intervals, photos with labels, a table and page to download."""

from collections import Counter
from pathlib import Path, PurePosixPath

import gradio as gr

from ...fingerprints import SeenPhotos
from ...groups import compare_groups, top_folders
from ...photo import PhotoError
from ...reader import PhotoReader
from ...report import html
from ...report.html import to_figure, to_html
from ...report.rendering import say_made_by
from ...report.review import COPY, Review, check_corrections, corrected_part, say_copies
from ...report.shares import groups_section, shares_part
from ...report.tables import Row, mark, provenance_of, to_csv, to_rows
from ...report.totals import Totals
from ...result import Outcome, Result, count_labels
from ...shares import Known, estimate_shares, known_errors
from .. import controls, strings
from ..batch import BatchReader
from ..components import REVIEW, SORT, file_box, html_box

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
        html_box(controls.folder_chooser())
        report = html_box(script=SORT, name="answer")
        corrected, review = html_box(), html_box(script=REVIEW)
        read_rows = gr.State(time_to_live=batches.kept_seconds)

    def read(
        paths: list[str] | None, known: Known | None, progress: gr.Progress = gr.Progress()
    ) -> tuple[str, str, str, list[Row] | None]:
        if not paths:
            return "", "", "", None
        sources = [Path(path) for path in paths]
        total = batches.count(sources)
        found = Found(reader, known)
        for done, (name, outcome) in enumerate(batches.read(sources), start=1):
            progress((done, total), unit="photos")
            found.add(name, outcome)
        return found.report(batches.skipped(sources)), "", found.faces.tiles(), found.rows

    def correct(rows: list[Row] | None, event: gr.EventData) -> str:
        if rows is None:
            raise gr.Error(strings.FORGOTTEN_MANY, print_exception=False)
        return corrected_part(
            rows, check_corrections(event.corrections, reader.labels), reader.labels
        )

    outputs = [report, corrected, review, read_rows]
    files.change(
        read, [files, checked], outputs, api_visibility="private", trigger_mode="always_last"
    )
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


class Found:
    """What many photos hold, as it comes, and the report on it.

    rows: of the table, each with who says so; faces: for a person to look at
    """

    def __init__(self, reader: PhotoReader, known: Known | None = None) -> None:
        """known: of the model's errors; what its own test says if not given."""
        self._labels = reader.labels
        self._known = known or known_errors(reader.scorer.model)
        self._made = provenance_of(reader.threshold, reader.model, reader.revision)
        self.rows: list[Row] = []
        self.faces, self._seen = Review(reader.labels), SeenPhotos()
        self._figures: list[str] = []
        self._totals = Totals(reader.labels)

    def add(self, name: str, outcome: Outcome) -> None:
        """Take one photo's outcome; of the first photos the picture too."""
        if isinstance(outcome, Result):
            self.faces.add(len(self.rows), name, outcome)
        rows = with_original(to_rows(name, outcome), outcome, self._seen)
        self.rows += mark(rows, self._made)
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
        summary, copies = self._totals.in_words(), say_copies(self.rows)
        parts = [
            html.said(f"{summary} {_left_out(photos, FIGURES_SHOWN)} {copies} {skipped}"),
            (html.counts_chart(decided, self._labels) if self._totals.best else "") + part,
            html.said(say_made_by(self._made), "note"),
            html.downloads(*self._downloads(summary, part)),
            html.figures_pane(self._figures[:FIGURES_SHOWN]),
            html.rows_table(self.rows, self._labels, ROWS_SHOWN),
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
        table = to_csv(self.rows, self._labels, (COPY,))
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
