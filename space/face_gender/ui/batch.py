"""What visitors send, a photo or many, zips mixed in -> every photo in it with its outcome."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..photo import PhotoError
from ..reader import PhotoReader
from ..result import Outcome, Result
from ..runtime.folders import OTHER, in_words
from ..runtime.tables import is_table
from ..runtime.uploads import keep
from ..settings import PageSettings, ZipSettings
from ..zips import (
    TABLE_BYTES,
    Named,
    count_photos,
    count_skipped,
    list_photos,
    name_photos,
    read_tables,
)
from . import strings


def read_upload(reader: PhotoReader, path: str) -> Result:
    """An uploaded photo -> its result. Raises PhotoError, also if it waited until it was gone."""
    if is_gone(Path(path)):
        raise PhotoError(strings.FORGOTTEN)
    return reader.read(path)


class BatchReader:
    """Reads one photo after the other; what waits for its turn is not purged meanwhile."""

    def __init__(self, reader: PhotoReader, settings: PageSettings, zips: ZipSettings) -> None:
        """settings: how long an upload is kept; zips: what one may hold."""
        self._reader, self._zips = reader, zips
        self.kept_seconds = settings.kept_seconds
        self._keep_every = settings.kept_seconds / 4
        self._gone = strings.GONE.format(minutes=settings.kept_seconds / 60)

    def count(self, paths: list[Path]) -> int:
        """Photos and zips -> how many photos `read` gives for them."""
        return count_photos(paths, self._zips)

    def skipped(self, paths: list[Path], tables: int = 0) -> str:
        """Photos and zips -> a sentence on what `read` leaves out of them, or nothing.

        tables: how many in the zips are made use of
        """
        left_out = count_skipped(paths, self._zips)
        left_out[OTHER] -= tables
        return in_words(+left_out, "what you sent")

    def tables(self, path: Path) -> list[tuple[str, bytes | PhotoError]]:
        """A table or a zip -> the names and bytes of the tables in it; none if it is gone."""
        if path.suffix.lower() == ".zip":
            return read_tables(path, self._zips)
        if is_gone(path) or not is_table(path):
            return []
        with path.open("rb") as file:
            return [(path.name, file.read(TABLE_BYTES + 1))]

    def names(self, path: Path) -> list[str]:
        """A zip -> its photos' names, by its directory. Raises PhotoError if gone or refused."""
        if is_gone(path):
            raise PhotoError(self._gone)
        return list_photos(path, self._zips)

    def read(self, paths: list[Path]) -> Iterator[tuple[str, Outcome]]:
        """Photos and zips -> every photo's name with its result or error, one at a time."""
        due = 0.0
        for number, path in enumerate(paths):
            for name, source in self._open(path):
                if time.monotonic() >= due:
                    keep(paths[number:])
                    due = time.monotonic() + self._keep_every
                yield (
                    name,
                    source
                    if isinstance(source, PhotoError)
                    else self._reader.read_or_error(source),
                )

    def _open(self, path: Path) -> Iterator[Named]:
        if is_gone(path):
            yield path.name, PhotoError(self._gone)
        else:
            yield from name_photos([path], self._zips, self._reader.settings)


def is_gone(path: Path) -> bool:
    """Whether an upload was purged, or never was."""
    return not os.path.exists(path)  # noqa: PTH110 (Path raises where a name is too long)
