"""Records in one SQLite file that survives a kill; with it a command goes on where it stopped."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Record = dict[str, Any]
Stamp = list[int] | None
SUFFIX = ".unfinished"
LOG = "-wal"  # SQLite's name for the file beside its own that holds the newest records
MADE_BY = ""  # the key under which a journal says what made it; a photo's key is never empty
PATIENCE = 1.0  # seconds to wait for another command to let the file go
SETUP = (
    "PRAGMA locking_mode = EXCLUSIVE",  # needs no shared memory, which network disks lack
    "PRAGMA journal_mode = WAL",  # with the next line: no wait for the disk at every record,
    "PRAGMA synchronous = NORMAL",  # and still whole after a power cut
    "CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, record TEXT NOT NULL)",
)
CAUSES = {  # SQLite's code -> the system's; a write fails like this on a full disk or at a quota
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR_WRITE: errno.ENOSPC,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_IOERR: errno.EIO,
}


class Store:
    """Records by key, on disk; one process at a time. Use it in a `with`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file or start it; None keeps the records in a temporary file. Raises OSError."""
        self._path = path
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        with _system_errors(path):
            self._connection = sqlite3.connect(path or "", timeout=PATIENCE)
            try:
                for statement in SETUP:
                    self._connection.execute(statement)
            except sqlite3.Error:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def is_whole(self) -> bool:
        """Whether every page can be read."""
        return self._connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)

    def read(self) -> dict[str, Record]:
        """Every record by its key."""
        return {
            key: json.loads(record)
            for key, record in self._connection.execute("SELECT key, record FROM records")
        }

    def get(self, key: str) -> Record | None:
        """The record of a key, if there is one."""
        found = self._connection.execute(
            "SELECT record FROM records WHERE key = ?", (key,)
        ).fetchone()
        return json.loads(found[0]) if found else None

    def write(self, records: Mapping[str, Record]) -> None:
        """Add or replace records, all of them or none. Raises OSError where the disk is full."""
        rows = [(key, json.dumps(record)) for key, record in records.items()]
        with _system_errors(self._path), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", rows)


class Journal:
    """The entry of each photo that was read; removed at the end, kept after an error or a kill."""

    def __init__(self, path: Path | None, made_by: Any) -> None:
        """Go on with the file if the same maker began it, else begin anew; None keeps nothing.

        made_by: anything JSON, of which every entry depends
        Raises OSError, also where another command holds the file.
        """
        self._path = path
        self._store = _begun_by(path, made_by) or _new(path, made_by)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close; remove the file unless there was an error."""
        self._store.close()
        if self._path and error is None:
            _remove(self._path)

    def missing(self, photos: Iterable[Path]) -> list[Path]:
        """Photos -> those without an entry, or changed since, each once."""
        return [photo for photo in dict.fromkeys(photos) if not self._is_current(photo)]

    def write(self, photo: Path, entry: Record) -> None:
        """Add a photo's entry. Raises OSError where the disk is full."""
        self._store.write({_key_of(photo): {"stamp": stamp_of(photo), "entry": entry}})

    def read(self, photos: Iterable[Path]) -> Iterator[Record]:
        """Photos that all have an entry -> their entries, in the photos' order."""
        for photo in photos:
            found = self._store.get(_key_of(photo))
            assert found is not None, f"{photo} has no entry."
            yield found["entry"]

    def _is_current(self, photo: Path) -> bool:
        found = self._store.get(_key_of(photo))
        return found is not None and found["stamp"] == stamp_of(photo)


def stamp_of(photo: Path) -> Stamp:
    """A file -> its bytes and when it was changed, in ns; None where there is none."""
    try:
        found = photo.stat()
    except (OSError, ValueError):
        return None
    return [found.st_size, found.st_mtime_ns]


def _begun_by(path: Path | None, made_by: Any) -> Store | None:
    """A journal's file -> its records where the same maker began it and they are whole."""
    if path is None or not path.exists():
        return None
    try:
        store = Store(path)
    except sqlite3.DatabaseError:  # a file of something else
        return None
    try:
        if store.is_whole() and store.get(MADE_BY) == {"made_by": made_by}:
            return store
    except (sqlite3.DatabaseError, ValueError):
        pass
    store.close()
    return None


def _new(path: Path | None, made_by: Any) -> Store:
    if path:
        _remove(path)
    store = Store(path)
    store.write({MADE_BY: {"made_by": made_by}})
    return store


def _remove(path: Path) -> None:
    for each in (path, path.with_name(path.name + LOG)):
        each.unlink(missing_ok=True)


def _key_of(photo: Path) -> str:
    return json.dumps(str(photo))  # ASCII, whatever bytes the name holds


@contextmanager
def _system_errors(path: Path | None) -> Iterator[None]:
    """What SQLite raises for the disk's sake -> OSError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = CAUSES.get(error.sqlite_errorcode) or CAUSES.get(error.sqlite_errorcode & 0xFF)
        if code is None:
            raise
        raise OSError(code, os.strerror(code), str(path or "")) from error
