"""A table saved by any program -> its cells; no other module takes tables apart."""

import csv
import io
from pathlib import PurePath

from .texts import decode

TABLES = frozenset({".csv", ".tsv", ".tab"})
SPREADSHEETS = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"})
SPREADSHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip, as xlsx is, and xls
SEPARATORS = ",;\t|"
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>"})


def is_table(path: PurePath) -> bool:
    """Whether a name is a table's, or a spreadsheet's, which `parse_cells` refuses."""
    return path.suffix.lower() in TABLES | SPREADSHEETS


def parse_cells(content: bytes, name: str) -> tuple[list[str], list[list[str]]]:
    """A table file's bytes -> its header, and its cells by line, as many in each as in the header.

    Raises ValueError if it is a spreadsheet, not text, empty, or broken.
    """
    text, separator = split_off_separator(to_text(content, name))
    if not text.strip():
        raise ValueError(f"{name} is empty: its first line should name its columns.")
    header, *lines = split_cells(text, separator, name)
    while not header[-1].strip():  # a separator at the end of the line
        header.pop()
    if len(set(header)) < len(header):
        raise ValueError(f"{name} has two columns with the same name: {', '.join(header)}.")
    return header, [line[: len(header)] for line in lines]


def split_cells(text: str, separator: str, name: str) -> list[list[str]]:
    """A table's text -> its cells by line, as many in each as in the header. Raises ValueError."""
    lines: list[list[str]] = []
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    try:
        for cells in reader:
            wide = len(lines[0]) if lines else len(cells)
            if any(cell.strip() for cell in cells[wide:]):
                raise ValueError(
                    f"{name} has {len(cells)} cells in line {reader.line_num}, but {wide} columns: "
                    f"put cells that hold {separator!r} in double quotes."
                )
            if any(cell.strip() for cell in cells):
                lines.append((cells + [""] * wide)[:wide])
    except csv.Error as error:
        raise ValueError(f"{name} has a broken line {reader.line_num} ({error}).") from error
    return lines


def to_text(content: bytes, name: str) -> str:
    """A file's bytes -> its text. Raises ValueError if it is a spreadsheet or not text."""
    if PurePath(name).suffix.lower() in SPREADSHEETS or content.startswith(SPREADSHEET_STARTS):
        raise ValueError(
            f"{name} is a spreadsheet: save it as CSV (Save As, CSV UTF-8) and use that file."
        )
    return decode(content, name)


def split_off_separator(text: str) -> tuple[str, str]:
    """A table's text -> the same without Excel's line `sep=;`, and what separates its columns."""
    first, _, rest = text.lstrip("\n").partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip()) <= 5:
        return rest, first[4:5] or "\t"
    outside = "".join(first.split('"')[::2])  # separators inside quotes are part of a name
    return text, max(SEPARATORS, key=outside.count)
