"""A table that came with many photos -> its columns to choose from, and shares by one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import PurePosixPath

import gradio as gr

from ...columns import COLUMNS, COPY, PROVENANCE
from ...groups import UNKNOWN, compare_groups
from ...photo import PhotoError
from ...photo_tables import PhotoTable, read_photo_table
from ...report import html
from ...report.html import to_html
from ...report.rendering import say_made_by
from ...report.review import BEFORE
from ...report.shares import SHARE_COLUMNS, groups_section, share_rows
from ...report.tables import Row, mark, to_csv, write_csv
from ...report.totals import Totals
from ...shares import Known
from .. import controls, strings

Sent = Sequence[tuple[str, bytes | PhotoError]]  # names and bytes of tables


@dataclass(frozen=True, eq=False)
class Held:
    """What is held of a visitor's photos.

    photos: their paths; rows: of the faces in them, marked by what `made` them
    known: of the model's errors; table: that came with the photos
    """

    photos: list[str]
    rows: list[Row]
    known: Known
    made: Row
    table: PhotoTable | None = None


def read_sent(tables: Sent, photos: Sequence[str], labels: Sequence[str]) -> PhotoTable | None:
    """The tables that were sent -> the one, or None; photos: their paths.

    Raises ValueError where there are two, or the one is of no use.
    """
    if not tables:
        return None
    if len(tables) > 1:
        names = " and ".join(name for name, _ in tables[:2])
        raise ValueError(strings.TWO_TABLES.format(number=len(tables), names=names))
    ((name, content),) = tables
    table = read_photo_table(name, content, PurePosixPath(name).parent)
    table.find(photos)
    if not columns_of(table, labels):
        raise ValueError(strings.NO_COLUMN.format(name=name, columns=", ".join(table.columns)))
    return table


def columns_of(table: PhotoTable, labels: Sequence[str]) -> list[str]:
    """A table -> its columns to compare by: those that the table of faces does not have too."""
    taken = {*COLUMNS, *PROVENANCE, *labels, COPY, BEFORE}
    return [column for column in table.columns if column not in taken]


def chooser(held: Held, labels: Sequence[str]) -> str:
    """What is held -> a list of columns to choose from; nothing without a table."""
    if held.table is None:
        return ""
    named = len({*held.table.find(held.photos)} - {None})
    said = strings.TABLE.format(name=held.table.name, named=named, photos=len(held.photos))
    return controls.columns(columns_of(held.table, labels), said)


def compare(held: Held | None, column: str, labels: tuple[str, ...]) -> str:
    """What is held, and the column that was chosen -> shares by group, with files to take away."""
    if held is None:
        raise gr.Error(strings.FORGOTTEN_MANY, print_exception=False)
    if held.table is None or column not in columns_of(held.table, labels):
        return ""
    try:
        of = held.table.groups(column, held.photos)
    except ValueError as error:
        return html.said(f"{error}.", "alert")
    rows = [row | {column: of.get(row["photo"], UNKNOWN)} for row in held.rows]
    totals = Totals(labels)
    for _, photo in groupby(rows, key=itemgetter("photo")):
        same = list(photo)
        totals.add(same, same[0][column])
    groups = compare_groups(totals.groups, labels, held.known.groups.get(column, {}))
    if not groups:
        return html.said(strings.NOTHING_TO_COMPARE)
    section = groups_section(column, groups, labels)
    page = to_html([], f"{totals.in_words()} {say_made_by(held.made)}", section)
    shares = write_csv(mark(share_rows(column, groups), held.made), SHARE_COLUMNS)
    table = to_csv(rows, labels, (COPY, column))
    files = [
        html.download("shares.csv", "text/csv", shares),
        html.download("shares.html", "text/html", "".join(page)),
        html.download("faces-grouped.csv", "text/csv", table),
    ]
    return section + html.downloads(*files)
