"""What was read so far -> a file beside the results that outlives a kill; the same command goes on with it."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

Entry = dict[str, Any]
Stamp = list[int] | None
SUFFIX = ".unfinished"


class Journal:
    """One line of JSON a photo, whole or not there; what is held in memory is only where each begins."""

    def __init__(self, path: Path | None, made_by: Any) -> None:
        """Go on with the file where the same maker began it, and begin anew where not; None for one that nobody goes on with.

        made_by: anything JSON, of which everything that is read depends
        """
        self._path = path
        self._file: IO[bytes] = path.open("a+b") if path else tempfile.TemporaryFile()  # noqa: SIM115
        self._places: dict[str, int] = {}
        head = _to_line(made_by)
        self._file.seek(0)
        if self._file.readline() == head:
            self._file.truncate(self._find_places(len(head)))
        else:
            self._file.truncate(0)
            self._append(head)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close; gone once all was done, kept after an error."""
        self._file.close()
        if self._path and error is None:
            self._path.unlink()

    def missing(self, photos: Iterable[Path]) -> list[Path]:
        """Photos -> those that have no entry yet, or changed since, each once."""
        wanted = dict.fromkeys(photos)
        return [photo for photo in wanted if str(photo) not in self._places or self._read(photo)[1] != stamp_of(photo)]

    def write(self, photo: Path, entry: Entry) -> None:
        """Add a photo's entry. Raises OSError where the disk is full."""
        place = self._file.seek(0, 2)
        self._append(_to_line([str(photo), stamp_of(photo), entry]))
        self._places[str(photo)] = place

    def read(self, photos: Iterable[Path]) -> Iterator[Entry]:
        """Photos that all have an entry -> their entries, in the photos' order."""
        for photo in photos:
            yield self._read(photo)[2]

    def _read(self, photo: Path) -> list[Any]:
        self._file.seek(self._places[str(photo)])
        found: list[Any] = json.loads(self._file.readline())
        return found

    def _append(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()

    def _find_places(self, place: int) -> int:
        """Note where whole lines begin -> where the last of them ends."""
        for line in self._file:
            try:
                photo, _, _ = json.loads(line)
            except ValueError:
                return place
            if not line.endswith(b"\n"):
                return place
            self._places[photo] = place
            place += len(line)
        return place


def stamp_of(photo: Path) -> Stamp:
    """A file -> its bytes and when it was changed, in ns; None where there is none."""
    try:
        found = photo.stat()
    except (OSError, ValueError):
        return None
    return [found.st_size, found.st_mtime_ns]


def _to_line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"
