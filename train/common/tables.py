"""A table saved by any program -> rows; no other module reads tables."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas

from face_gender.runtime import tables
from face_gender.runtime.tables import MISSING, parse_cells

from .errors import StageError

csv.field_size_limit(2**31 - 1)  # cells may hold pictures as base64

LEADING_ZERO = r"[+-]?0\d"


def read_table(path: Path, columns: Sequence[str] = ()) -> pandas.DataFrame:
    """A CSV or TSV file -> its rows as text, empty cells missing.

    columns: names that the caller needs; the header may spell them in another case
    Raises StageError if it is missing, not a table, a spreadsheet, or has no header.
    """
    return parse_table(read_file(path), str(path), columns)


def read_file(path: Path) -> bytes:
    """A file that a person named -> its bytes. Raises StageError if it cannot be read."""
    if path.is_dir():
        raise StageError(f"{path} is a folder; name a file.")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise StageError(f"There is no file {path}.") from error
    except OSError as error:
        raise StageError(f"The file {path} cannot be read: {error.strerror}.") from error


def parse_table(content: bytes, name: str, columns: Sequence[str] = ()) -> pandas.DataFrame:
    """A table file's bytes -> its rows, as `read_table` returns them. Raises StageError."""
    try:
        header, lines = parse_cells(content, name)
    except ValueError as error:
        raise StageError(str(error)) from error
    cells = [[None if cell.strip() in MISSING else cell for cell in line] for line in lines]
    columns_of = zip(*cells, strict=True)
    values = list(columns_of) or [()] * len(header)
    named = dict(zip(header, values, strict=True))
    return rename_columns(pandas.DataFrame(named, dtype="string"), columns)


def to_text(content: bytes, name: str) -> str:
    """A file's bytes -> its text. Raises StageError if it is a spreadsheet or not text."""
    try:
        return tables.to_text(content, name)
    except ValueError as error:
        raise StageError(str(error)) from error


def rename_columns(rows: pandas.DataFrame, columns: Sequence[str]) -> pandas.DataFrame:
    """Rows -> the same, `Image ` called `image` if the caller needs `image` and there is none."""
    rows = rows.rename(columns={name: str(name).strip() for name in rows.columns})
    wanted = {name.casefold(): name for name in columns if name not in rows}
    found = [name for name in rows.columns if name.casefold() in wanted]
    renamed = {name: wanted.pop(name.casefold(), name) for name in found}
    return rows.rename(columns=renamed)


def with_numbers(rows: pandas.DataFrame, texts: Sequence[str]) -> pandas.DataFrame:
    """Rows of text -> the same, with columns that hold only numbers as numbers.

    texts: columns that stay text, as do those with numbers such as 007
    """
    changed = {}
    for name in rows.columns.difference(list(texts), sort=False):
        values = rows[name].dropna()
        numbers = pandas.to_numeric(values, errors="coerce")
        if len(values) and numbers.notna().all() and not values.str.match(LEADING_ZERO).any():
            changed[name] = pandas.to_numeric(rows[name])
    return rows.assign(**changed)
