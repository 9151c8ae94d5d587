"""Photos, and a column of the table beside them or the word `folder` -> the group of each."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .groups import UNKNOWN, top_folders
from .inputs import Inputs
from .photo_tables import PhotoTable, read_photo_table

FOLDER = "folder"  # in place of a column: photos by the folders that hold them
METADATA = "metadata.csv"  # in a folder of photos, as the Hub's image folders have it


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
    photos: dict[Path, list[Path]] = {}  # by what holds them
    for path in inputs.paths:
        photos.setdefault(inputs.roots.get(path, path.parent), []).append(path)
    found: dict[Path, str] = {}
    for base, paths in photos.items():
        below = {path.relative_to(base).as_posix(): path for path in paths}
        for table in _tables_of(base, inputs):
            groups = table.groups(column, list(below))
            found |= {below[name]: group for name, group in groups.items()}
    if not found:
        missing = " or ".join(str(_beside(base)) for base in photos)
        raise ValueError(f"--by {column} needs {missing}; --by {FOLDER} needs no table")
    return Grouping(column, {path: found.get(path, UNKNOWN) for path in inputs.paths})


def _beside(base: Path) -> Path:
    """A folder or zip -> where its table may lie."""
    return (base if base.is_dir() else base.parent) / METADATA


def _tables_of(base: Path, inputs: Inputs) -> list[PhotoTable]:
    """A folder or zip -> the tables in it, or the one beside it."""
    inside = [] if base.is_dir() else inputs.tables(base)
    tables = [
        read_photo_table(f"{base}/{name}", content, PurePosixPath(name).parent)
        for name, content in inside
        if PurePosixPath(name).name == METADATA
    ]
    table = _beside(base)
    if tables or not table.is_file():
        return tables
    try:
        return [read_photo_table(str(table), table.read_bytes(), PurePosixPath())]
    except OSError as error:
        raise ValueError(f"{table} cannot be read: {error.strerror}") from error
