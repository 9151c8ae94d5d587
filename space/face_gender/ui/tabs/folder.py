"""Many photos or a zip: counts with intervals, photos with labels, a table and page to download."""

from collections import Counter
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

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
from ...runtime.tables import is_table
from ...shares import Known, estimate_shares, known_errors
from .. import controls, strings
from ..batch import BatchReader
from ..components import COLUMN, REVIEW, SORT, file_box, html_box
from .compare import Held, chooser, compare, read_sent

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
        columns, compared = html_box(script=COLUMN), html_box(script=SORT)
        report = html_box(script=SORT, name="answer")
        corrected, review = html_box(), html_box(script=REVIEW)
        held = gr.State(time_to_live=batches.kept_seconds)

    def read(
        paths: list[str] | None, known: Known | None, progress: gr.Progress = gr.Progress()
    ) -> tuple[str, str, str, str, str, Held | None]:
        if not paths:
            return "", "", "", "", "", None
        return read_many(reader, batches, [Path(path) for path in paths], known, progress)

    def correct(held: Held | None, event: gr.EventData) -> str:
        if held is None:
            raise gr.Error(strings.FORGOTTEN_MANY, print_exception=False)
        corrections = check_corrections(event.corrections, reader.labels)
        return corrected_part(held.rows, corrections, reader.labels)

    def by_column(held: Held | None, event: gr.EventData) -> str:
        return compare(held, str(event.pick), reader.labels)

    latest: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "always_last"}
    outputs = [columns, compared, report, corrected, review, held]
    files.change(read, [files, checked], outputs, **latest)
    review.select(correct, held, corrected, show_progress="hidden", **latest)
    columns.select(by_column, held, compared, show_progress="hidden", **latest)


def read_many(
    reader: PhotoReader,
    batches: BatchReader,
    sources: list[Path],
    known: Known | None,
    progress: gr.Progress,
) -> tuple[str, str, str, str, str, Held]:
    """Photos, zips and a table -> what the tab's boxes hold then, in their order."""
    photos = [path for path in sources if not is_table(path)]
    inside, beside = (
        [table for path in paths for table in batches.tables(path)]
        for paths in (photos, [path for path in sources if is_table(path)])
    )
    total, found = batches.count(photos), Found(reader, known)
    for done, (name, outcome) in enumerate(batches.read(photos), start=1):
        progress((done, total), unit="photos")
        found.add(name, outcome)
    report = found.report(batches.skipped(photos, len(inside)))
    columns, held = "", found.held()
    try:
        table = read_sent([*beside, *inside], held.photos, reader.labels)
        held = replace(held, table=table)
        columns = chooser(held, reader.labels)
    except ValueError as error:
        columns = html.said(f"{str(error).rstrip('.')}.", "alert") if held.photos else ""
    return columns, "", report, "", found.faces.tiles(), held


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
        self._photos: list[str] = []
        self.faces, self._seen = Review(reader.labels), SeenPhotos()
        self._figures: list[str] = []
        self._totals = Totals(reader.labels)

    def add(self, name: str, outcome: Outcome) -> None:
        """Take one photo's outcome; of the first photos the picture too."""
        if isinstance(outcome, Result):
            self.faces.add(len(self.rows), name, outcome)
        self._photos.append(name)
        rows = with_original(to_rows(name, outcome), outcome, self._seen)
        self.rows += mark(rows, self._made)
        self._totals.add(rows, str(PurePosixPath(name).parent))
        if len(self._figures) < FIGURES_TAKEN:
            self._figures.append(to_figure(name, outcome))

    def held(self) -> Held:
        """What is held of the photos until the visitor goes."""
        return Held(self._photos, self.rows, self._known, self._made)

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
