"""A piece of a data set -> its photos, one at a time."""

import json
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from face_gender.photo import PhotoError
from face_gender.runtime.folders import skip_reason
from face_gender.settings import PhotoSettings, from_environment

from ..common.cells import find_file, read_local
from ..common.errors import StageError
from .columns import content_of, path_reader, read_photo_table
from .sources import ENDINGS, PARQUET, PICTURES, TABLE, TAR, Piece, below

FOLDER = "folder"  # column: where a picture lies


READ_AT_ONCE = 16  # rows of a parquet file in memory together


Named = tuple[
    str, bytes | PhotoError, dict[str, Any]
]  # a photo's name, its file's bytes or why not, what is kept of its row


def read_piece(piece: Piece, photo_column: str, keep: tuple[str, ...] = ()) -> Iterator[Named]:
    """A piece -> (name, bytes or error, kept columns) of its photos, never all in memory.

    A name is the path within the data set, and in parquet the row.
    """
    if piece.kind == TABLE:
        yield from _read_table(piece, photo_column, keep)
        return
    fs, root = url_to_fs(piece.root)
    if piece.kind == PARQUET:
        yield from _read_rows(fs, root, piece, photo_column, keep)
    elif piece.kind == TAR:
        yield from _read_tar(fs, root, piece, keep)
    else:
        yield from _read_files(fs, root, piece, keep)


def _read_table(piece: Piece, photo_column: str, keep: tuple[str, ...]) -> Iterator[Named]:
    path = Path(piece.root)
    rows = read_photo_table(path, photo_column, keep).astype("object")
    rows = rows.where(rows.notna(), None).iloc[piece.start : piece.end]
    for row, values in enumerate(rows.to_dict("records"), start=piece.start):
        content = content_of(
            values[photo_column], lambda text: read_local(find_file(text, [path.parent]))
        )
        yield f"{path.name}#{row}", content, {column: values[column] for column in keep}


def _read_rows(
    fs: AbstractFileSystem, root: str, piece: Piece, photo_column: str, keep: tuple[str, ...]
) -> Iterator[Named]:
    (path,) = piece.files
    name, read_path = below(path, root), path_reader(fs, root, path)
    with fs.open(path) as file:
        table = parquet.ParquetFile(file)
        missing = {photo_column, *keep} - set(table.schema_arrow.names)
        if missing:
            raise StageError(
                f"{name} should have the columns {sorted(missing)}, "
                f"got {sorted(table.schema_arrow.names)}."
            )
        groups, row = _groups_with(table, piece)
        names = _class_names(table.schema_arrow)
        for batch in table.iter_batches(READ_AT_ONCE, groups, columns=[photo_column, *keep]):
            for values in batch.to_pylist():
                if piece.start <= row < piece.end:
                    kept = {column: _named(names, column, values[column]) for column in keep}
                    yield f"{name}#{row}", content_of(values[photo_column], read_path), kept
                row += 1


def _groups_with(table: parquet.ParquetFile, piece: Piece) -> tuple[list[int], int]:
    """A file -> its row groups with rows of the piece, and the number of their first row."""
    groups: list[int] = []
    first = row = 0
    for group in range(table.num_row_groups):
        count = table.metadata.row_group(group).num_rows
        if row < piece.end and row + count > piece.start:
            first = first if groups else row
            groups.append(group)
        row += count
    return groups, first


def _class_names(schema: arrow.Schema) -> dict[tuple[str, int], str]:
    """A schema with notes of `datasets` -> the name of each class, by column and number."""
    noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    kinds = noted.get("info", {}).get("features", {})
    classes = {
        name: kind["names"]
        for name, kind in kinds.items()
        if isinstance(kind, dict) and kind.get("_type") == "ClassLabel"
    }
    return {(name, at): word for name, names in classes.items() for at, word in enumerate(names)}


def _named(names: dict[tuple[str, int], str], column: str, value: Any) -> Any:
    """A cell -> its class's name, or itself."""
    return names.get((column, value), value) if isinstance(value, int) else value


def _read_tar(
    fs: AbstractFileSystem, root: str, piece: Piece, keep: tuple[str, ...]
) -> Iterator[Named]:
    """A tar -> its pictures; if it is damaged, a last row under its own name says so."""
    (path,) = piece.files
    name = below(path, root)
    most = from_environment(PhotoSettings).max_bytes
    try:
        with fs.open(path) as file, tarfile.open(fileobj=file, mode="r|*") as packed:
            for member in packed:
                picture = member.isfile() and member.name.lower().endswith(ENDINGS[PICTURES])
                if skip_reason(member.name):
                    continue
                inside = packed.extractfile(member) if picture else None
                if inside:
                    content = inside.read(most + 1)
                    yield (
                        f"{name}/{member.name}",
                        content,
                        folder_column(f"{name}/{member.name}", keep),
                    )
    except (tarfile.TarError, EOFError, zlib.error) as error:
        yield (
            name,
            PhotoError(f"The tar is damaged or cut off ({error}): its other photos are lost."),
            folder_column(name, keep),
        )
    except OSError as error:
        yield name, _told(error, fs), folder_column(name, keep)


def _read_files(
    fs: AbstractFileSystem, root: str, piece: Piece, keep: tuple[str, ...]
) -> Iterator[Named]:
    most = from_environment(PhotoSettings).max_bytes
    for path in piece.files:
        name = below(path, root)
        content: bytes | PhotoError
        try:
            with fs.open(path) as file:
                content = file.read(most + 1)
        except OSError as error:
            content = _told(error, fs)
        yield name, content, folder_column(name, keep)


def _told(error: OSError, fs: AbstractFileSystem) -> PhotoError:
    """Why a file could not be read -> its row's error; a store's errors may pass and are raised."""
    if isinstance(error, FileNotFoundError) or isinstance(fs, LocalFileSystem):
        return PhotoError(f"The file cannot be read: {error.strerror or error}.")
    raise error


def folder_column(name: str, keep: tuple[str, ...]) -> dict[str, str]:
    """A picture's name -> its folder, its only column. Raises StageError if others are wanted."""
    if set(keep) - {FOLDER}:
        raise StageError(
            f"Pictures and tars have the column {FOLDER!r} only, not {', '.join(keep)}."
        )
    return dict.fromkeys(keep, PurePosixPath(name).parent.as_posix())
