"""A table of photos, saved by any program, and the photos' paths -> the group of each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from .groups import UNKNOWN
from .photo import PhotoError
from .runtime.tables import MISSING, parse_cells
from .zips import TABLE_BYTES

NAMES = ("file_name", "photo", "image", "file", "path")  # its column of paths below its folder


@dataclass(frozen=True)
class PhotoTable:
    """A table of photos.

    name: for people; folder: where its paths start, as a path from where those of photos start
    columns: by name, with a value for each of its paths, "" where it says none
    """

    name: str
    folder: PurePosixPath
    paths: tuple[str, ...]
    columns: Mapping[str, Sequence[str]]

    def groups(self, column: str, photos: Sequence[str]) -> dict[str, str]:
        """Photos' paths -> the group of each that the table names, "unknown" where it says none.

        Raises ValueError if it lacks the column, names no photo, or one with two values.
        """
        if column not in self.columns:
            has = ", ".join(self.columns) or "no other"
            raise ValueError(f"{self.name} has no column {column}; it has {has}")
        groups: dict[str, str] = {}
        for path, value in zip(self.find(photos), self.columns[column], strict=True):
            if path is None:
                continue
            group = value or UNKNOWN
            if groups.setdefault(path, group) != group:
                both = f"{groups[path]} and {group}"
                raise ValueError(f"{self.name} names {path} twice, with {column} {both}: keep one")
        return groups

    def find(self, photos: Sequence[str]) -> list[str | None]:
        """Photos' paths -> which of them each of the table's means, None if it is not there.

        A path that leads nowhere from the table's folder means the one photo whose path ends so.
        Raises ValueError if none is there.
        """
        times, ends = Counter(photos), _by_end(photos)
        wholes = (str(self.folder / path) for path in self.paths)
        found = [
            whole if times[whole] == 1 else ends.get(str(PurePosixPath(path)))
            for whole, path in zip(wholes, self.paths, strict=True)
        ]
        if not any(found):
            raise ValueError(self._names_none(photos))
        return found

    def _names_none(self, photos: Sequence[str]) -> str:
        first = f"it names {self.paths[0]}" if self.paths else "it has no rows"
        there = f", and the first photo is {photos[0]}" if photos else ""
        return f"{self.name} names none of the photos: {first}{there}"


def _by_end(photos: Iterable[str]) -> dict[str, str | None]:
    """Paths -> the one that ends so, by every end of it; None where several do."""
    ends: dict[str, str | None] = {}
    for photo in photos:
        parts = PurePosixPath(photo).parts
        for at in range(len(parts)):
            end = "/".join(parts[at:])
            ends[end] = None if end in ends else photo
    return ends


def read_photo_table(name: str, content: bytes | PhotoError, folder: PurePosixPath) -> PhotoTable:
    """A table's name, bytes and folder -> its paths and columns.

    Raises ValueError if it is damaged, too large, no table, or has no column of paths.
    """
    if isinstance(content, PhotoError):
        raise ValueError(f"{name}: {content}")
    if len(content) > TABLE_BYTES:
        raise ValueError(f"{name} is larger than the {TABLE_BYTES / 1e6:.0f} MB a table may have")
    header, lines = parse_cells(content, name)
    header = [each.strip() for each in header]
    known = {each.casefold(): at for at, each in reversed(list(enumerate(header)))}
    at = next((known[each] for each in NAMES if each in known), None)
    if at is None:
        wanted = ", ".join(NAMES[:-1])
        raise ValueError(
            f"{name} has no column {wanted} or {NAMES[-1]}; it has {', '.join(header)}"
        )
    lines = [line for line in lines if line[at].strip()]
    cells = [["" if (said := cell.strip()) in MISSING else said for cell in line] for line in lines]
    values = list(zip(*cells, strict=True)) or [()] * len(header)
    columns = {each: values[of] for of, each in enumerate(header) if of != at and each}
    paths = tuple(line[at].strip().replace("\\", "/") for line in lines)
    return PhotoTable(name, folder, paths, columns)
