"""Photo columns of parquet files and CSVs, read as `train.data` reads them."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pandas
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from face_gender.photo import PhotoError

from ..common.cells import find_file, no_such_file, read_cell, read_local
from ..common.errors import StageError
from ..common.tables import read_table
from ..common.texts import unquote


def read_photo_table(path: Path, photo_column: str, keep: tuple[str, ...] = ()) -> pandas.DataFrame:
    """A CSV of paths -> its rows, with the columns to keep. Raises StageError."""
    rows = read_table(path, (photo_column, *keep))
    missing = {photo_column, *keep} - set(rows.columns)
    if missing:
        raise StageError(
            f"{path.name} should have the columns {sorted(missing)}, got {sorted(rows.columns)}."
        )
    return rows


def content_of(cell: Any, read_path: Callable[[str], bytes]) -> bytes | PhotoError:
    """A cell of a photo column, read as in `train.data` -> its bytes, or why there are none."""
    try:
        return read_cell(cell, read_path)
    except PhotoError as error:
        return error


def path_reader(fs: AbstractFileSystem, root: str, table: str) -> Callable[[str], bytes]:
    """A parquet file -> a reader of its paths, from the data set's folder or the file's own."""
    own = str(PurePosixPath(table).parent)
    starts = [own if root == table else root, own]
    if isinstance(fs, LocalFileSystem):
        return lambda text: read_local(find_file(text, [Path(start) for start in starts]))

    def read_remote(text: str) -> bytes:
        below = unquote(text).replace("\\", "/").lstrip("/")
        tried = [f"{start.rstrip('/')}/{below}" for start in dict.fromkeys(starts)]
        for path in tried:
            try:
                return bytes(fs.cat_file(path))
            except FileNotFoundError:
                continue
        raise no_such_file(tried[0])

    return read_remote
