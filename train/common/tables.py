"""A table saved by any program -> rows; no other module reads tables."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas

from .errors import StageError
from .texts import decode

csv.field_size_limit(2**31 - 1)  # cells may hold pictures as base64

TABLES = frozenset({".csv", ".tsv", ".tab"})
SPREADSHEETS = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"})
SPREADSHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip, as xlsx is, and xls
SEPARATORS = ",;\t|"
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>"})
LEADING_ZERO = r"[+-]?0\d"


def is_table(path: Path) -> bool:
    """Whether a name is a table's, or a spreadsheet's, which `read_table` refuses."""
    return path.suffix.lower() in TABLES | SPREADSHEETS


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
    text, separator = split_off_separator(to_text(content, name))
    if not text.strip():
        raise StageError(f"{name} is empty: its first line should name its columns.")
    header, *lines = split_cells(text, separator, name)
    while not header[-1].strip():  # a separator at the end of the line
        header.pop()
    if len(set(header)) < len(header):
        raise StageError(f"{name} has two columns with the same name: {', '.join(header)}.")
    cells = [[None if cell.strip() in MISSING else cell for cell in line] for line in lines]
    columns_of = zip(*(line[: len(header)] for line in cells), strict=True)
    values = list(columns_of) or [()] * len(header)
    named = dict(zip(header, values, strict=True))
    return rename_columns(pandas.DataFrame(named, dtype="string"), columns)


def split_cells(text: str, separator: str, name: str) -> list[list[str]]:
    """A table's text -> its cells by line, as many in each as in the header. Raises StageError."""
    lines: list[list[str]] = []
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    try:
        for cells in reader:
            wide = len(lines[0]) if lines else len(cells)
            if any(cell.strip() for cell in cells[wide:]):
                raise StageError(
                    f"{name} has {len(cells)} cells in line {reader.line_num}, but {wide} columns: "
                    f"put cells that hold {separator!r} in double quotes."
                )
            if any(cell.strip() for cell in cells):
                lines.append((cells + [""] * wide)[:wide])
    except csv.Error as error:
        raise StageError(f"{name} has a broken line {reader.line_num} ({error}).") from error
    return lines


def to_text(content: bytes, name: str) -> str:
    """A file's bytes -> its text. Raises StageError if it is a spreadsheet or not text."""
    if Path(name).suffix.lower() in SPREADSHEETS or content.startswith(SPREADSHEET_STARTS):
        raise StageError(
            f"{name} is a spreadsheet: save it as CSV (Save As, CSV UTF-8) and name that file."
        )
    try:
        return decode(content, name)
    except ValueError as error:
        raise StageError(str(error)) from error


def split_off_separator(text: str) -> tuple[str, str]:
    """A table's text -> the same without Excel's line `sep=;`, and what separates its columns."""
    first, _, rest = text.lstrip("\n").partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip()) <= 5:
        return rest, first[4:5] or "\t"
    outside = "".join(first.split('"')[::2])  # separators inside quotes are part of a name
    return text, max(SEPARATORS, key=outside.count)


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
