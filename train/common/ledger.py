"""Key -> record on disk; what was written outlives a kill at any moment."""

import errno
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Ledger:
    """Records by key, in one SQLite file. Use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """Open the file, or start it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")  # with the next line: no wait for the disk at every record
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, record TEXT NOT NULL)")

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def read(self) -> dict[str, Record]:
        """Every record by its key."""
        return {key: json.loads(record) for key, record in self._connection.execute("SELECT key, record FROM records")}

    def write(self, records: Mapping[str, Record]) -> None:
        """Add or replace records, all of them or none. Raises OSError where the disk is full."""
        rows = [(key, json.dumps(record)) for key, record in records.items()]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", rows)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            raise OSError(errno.ENOSPC, str(error)) from error
