"""Photos, and a column of the table beside them or the word `folder` -> the group of each."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .groups import UNKNOWN, top_folders
from .inputs import Inputs

FOLDER = "folder"  # in place of a column: photos by the folders that hold them
METADATA = "metadata.csv"  # in a folder of photos, as the Hub's image folders have it
NAMES = ("file_name", "photo", "image", "file", "path")  # its column of paths below the folder


@dataclass(frozen=True)
class Grouping:
    """A column, or `folder`, and the group of every photo, "unknown" where there is none."""

    column: str
    of: dict[Path, str]


def group_photos(column: str, inputs: Inputs) -> Grouping:
    """A column, or `folder` -> the group of every photo.

    Raises ValueError where there is no table, it lacks the column, or it names none of the photos.
    """
    if column == FOLDER:
        names = top_folders(path.parent for path in inputs.paths)
        return Grouping(column, {path: names[path.parent] for path in inputs.paths})
    bases = dict.fromkeys(inputs.roots.get(path, path.parent) for path in inputs.paths)
    tables = {base: (base if base.is_dir() else base.parent) / METADATA for base in bases}
    there = {base: table for base, table in tables.items() if table.is_file()}
    if not there:
        missing = " or ".join(map(str, dict.fromkeys(tables.values())))
        raise ValueError(f"--by {column} needs {missing}; --by {FOLDER} needs no table")
    known = {
        path: group for base, table in there.items() for path, group in _read(base, table, column)
    }
    found = {path: known.get(path) or UNKNOWN for path in inputs.paths}
    if not set(known) & set(found):
        raise ValueError(f"{METADATA} names none of the photos: its paths start at its own folder")
    return Grouping(column, found)


def _read(base: Path, table: Path, column: str) -> Iterator[tuple[Path, str]]:
    """A folder or zip, and the table in or beside it -> paths of photos and their groups."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = list(rows.fieldnames or ())
            name = next((each for each in NAMES if each in columns), None)
            if name is None or column not in columns:
                wanted = column if name else " or ".join(NAMES)
                raise ValueError(f"{table} has no column {wanted}; it has {', '.join(columns)}")
            yield from (
                (base / row[name], (row[column] or "").strip()) for row in rows if row[name]
            )
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{table} cannot be read as CSV in UTF-8: {error}") from error
    except OSError as error:
        raise ValueError(f"{table} cannot be read: {error.strerror}") from error
