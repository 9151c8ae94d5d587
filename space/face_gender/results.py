"""A job's entries -> its files: tables, pages, and shares beside them where photos are grouped."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from .groups import Group, compare_groups
from .photo_groups import Grouping
from .report import video as video_report
from .report.html import to_html
from .report.rendering import how_many, say_made_by
from .report.shares import (
    SHARE_COLUMNS,
    groups_section,
    groups_text,
    share_rows,
    shares_part,
    shares_text,
)
from .report.tables import Row, mark, provenance_of, to_csv, to_json, write_csv
from .report.totals import Totals
from .runtime.files import write_text
from .runtime.journal import Journal
from .shares import Known, Share, estimate_shares, say_why
from .video import is_video

EVERY = "every face"  # the group of all


class Results:
    """What a journal's entries come to. Every entry has to be there."""

    def __init__(
        self,
        journal: Journal,
        paths: list[Path],
        reader: Any,
        known: Known,
        grouping: Grouping | None = None,
    ) -> None:
        """reader: of photos; known: of its model's errors."""
        self._journal, self._paths, self._labels = journal, paths, reader.labels
        self._made = provenance_of(reader.threshold, reader.model, reader.revision)
        self._known, self._grouping = known, grouping

    @cached_property
    def totals(self) -> Totals:
        """Counts of all photos."""
        totals = Totals(self._labels)
        for path, entry in zip(self._paths, self._journal.read(self._paths), strict=True):
            if not is_video(path):
                totals.add(entry["rows"], self._grouping.of[path] if self._grouping else None)
        return totals

    @cached_property
    def shares(self) -> list[Share]:
        """Shares of all faces in photos."""
        return estimate_shares(self.totals.best, self._labels, self._known.confusion)

    @cached_property
    def groups(self) -> list[Group]:
        """Shares by group, where photos are grouped."""
        known = self._known.groups.get(self._grouping.column, {}) if self._grouping else {}
        return compare_groups(self.totals.groups, self._labels, known)

    def write(self, outputs: dict[str, Path]) -> None:
        """Write each output, `csv`, `json` and `html`, and what stands beside it.

        Raises OSError where it cannot be written.
        """
        texts: dict[str, Callable[[], str | Iterable[str]]] = {
            "csv": self._csv,
            "json": lambda: to_json(mark(self._records(), self._made)),
            "html": self._html,
        }
        for kind, path in outputs.items():
            write_text(path, texts[kind]())
        tables = {kind: path for kind, path in outputs.items() if kind != "html"}
        if self._grouping:
            for kind, path in tables.items():
                if beside := file_beside(path, "shares"):
                    write_text(beside, self._shares(kind))
        if "csv" in outputs and (beside := tracks_beside(outputs["csv"], self._paths)):
            rows = (row for entry in self._entries() for row in entry["tracks"])
            marked = mark(rows, self._made)
            write_text(beside, video_report.tracks_csv(marked, self._labels))

    def in_words(self) -> str:
        """The totals, with shares and groups, as lines for a terminal."""
        if not self.totals.photos:
            return say_made_by(self._made)
        lines = [self.totals.in_words()]
        if self.shares:
            lines += [shares_text(self.shares), say_why(self.shares, self._known)]
        if self._grouping:
            lines.append(groups_text(self._grouping.column, self.groups))
        return "\n".join([*filter(None, lines), say_made_by(self._made)])

    def _csv(self) -> str:
        more = video_report.VIDEO_COLUMNS if any(map(is_video, self._paths)) else ()
        column = (self._grouping.column,) if self._grouping else ()
        return to_csv(mark(self._rows(), self._made), self._labels, (*more, *column))

    def _rows(self) -> Iterator[Row]:
        for path, entry in zip(self._paths, self._entries(), strict=True):
            yield from (row | self._group_of(path) for row in entry["rows"])

    def _records(self) -> Iterator[Row]:
        for path, entry in zip(self._paths, self._entries(), strict=True):
            yield entry["record"] | self._group_of(path)

    def _group_of(self, path: Path) -> Row:
        return {self._grouping.column: self._grouping.of[path]} if self._grouping else {}

    def _html(self) -> Iterator[str]:
        videos = sum(map(is_video, self._paths))
        said = f"{how_many(videos, 'video')}. " if videos else ""
        said += self.totals.in_words() if self.totals.photos else ""
        top = shares_part(self.shares, self._known, self._labels)
        if self._grouping:
            top += groups_section(self._grouping.column, self.groups, self._labels)
        figures = (entry["figure"] for entry in self._entries())
        return to_html(figures, f"{said} {say_made_by(self._made)}", top)

    def _shares(self, kind: str) -> str | Iterable[str]:
        every = Group(EVERY, self.totals.faces, self.shares, [])
        rows = [*share_rows("", [every] if self.shares else [])]
        rows += share_rows(self._grouping.column, self.groups) if self._grouping else []
        marked = mark(rows, self._made)
        return write_csv(marked, SHARE_COLUMNS) if kind == "csv" else to_json(marked)

    def _entries(self) -> Iterator[Row]:
        return self._journal.read(self._paths)


def file_beside(table: Path, word: str) -> Path | None:
    """A table -> where another goes, `faces.word.csv`; None where it is a stream."""
    if table.exists() and not table.is_file():
        return None
    return table.with_name(f"{table.stem}.{word}{table.suffix}")


def tracks_beside(table: Path, paths: list[Path]) -> Path | None:
    """The table of faces -> where the table of tracks goes; None where there are no videos."""
    return file_beside(table, "tracks") if any(map(is_video, paths)) else None
