"""A data set of any kind and place -> pieces of it; a piece -> its photos, one at a time."""

import json
import re
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from face_gender.photo import SUFFIXES, PhotoError
from face_gender.runtime.folders import OTHER, keep_seen, skip_reason, tell_skipped, walk_folder
from face_gender.settings import PhotoSettings, from_environment
from face_gender.video import SUFFIXES as VIDEO_SUFFIXES

from ..common.cells import find_file, read_local
from ..common.stages import StageError
from ..common.tables import is_table
from ..common.texts import given_path
from ..settings.score import ScoreSettings
from .columns import content_of, path_reader, read_photo_table

PARQUET, TABLE, TAR, PICTURES = "parquet", "table", "tar", "pictures"
VIDEOS = "videos"
ENDINGS = {
    PARQUET: (".parquet",),
    TAR: (".tar", ".tar.gz", ".tgz"),
    PICTURES: tuple(SUFFIXES),
    VIDEOS: VIDEO_SUFFIXES,
}
FOLDER = "folder"  # column: where a picture lies
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
READ_AT_ONCE = 16  # rows of a parquet file in memory together
FOOTERS_AT_ONCE = 16  # files whose rows are counted at the same time

Part = tuple[tuple[str, ...], int, int]  # files, and the rows of a parquet file
Named = tuple[str, bytes | PhotoError, dict[str, Any]]  # a photo's name, its file's bytes or why not, what is kept of its row


@dataclass(frozen=True)
class Piece:
    """What one worker reads from beginning to end.

    root: address below which the files lie
    files: paths; one where they are parquet or tar
    start, end: rows of a parquet file, the last not included
    """

    number: int
    kind: str
    root: str
    files: tuple[str, ...]
    start: int = 0
    end: int = 0


def plan_pieces(settings: ScoreSettings) -> list[Piece]:
    """A data set -> pieces, the same ones in the same order as long as it is the same. Raises StageError."""
    address = address_of(settings.data)
    if "://" not in address and is_table(Path(address)):
        return plan_table(Path(address), settings)
    try:
        fs, root = url_to_fs(address)
        found, skipped = find_files(fs, root)
    except (ImportError, OSError, ValueError) as error:
        raise StageError(f"{settings.data} cannot be read: {error}") from error
    for kind, endings in ENDINGS.items():
        files = [path for path in found if path.lower().endswith(endings) and not is_of_the_store(path, kind)]
        if files:
            tell_skipped(skipped + Counter({OTHER: len(found) - len(files)}), settings.data)
            parts = _split_rows(fs, files, settings.piece) if kind == PARQUET else _split_files(files, settings.piece, kind)
            return [Piece(number, kind, address, *part) for number, part in enumerate(parts)]
    raise StageError(f"{settings.data} holds no parquet files, no tars, no pictures, no videos.")


def plan_table(path: Path, settings: ScoreSettings) -> list[Piece]:
    """A CSV of paths -> ranges of its rows. Raises StageError."""
    rows = len(read_photo_table(path, settings.photo_column))
    if not rows:
        raise StageError(f"{path} holds no rows.")
    return [
        Piece(number, TABLE, str(path), (str(path),), start, min(start + settings.piece, rows))
        for number, start in enumerate(range(0, rows, settings.piece))
    ]


def find_files(fs: AbstractFileSystem, root: str) -> tuple[list[str], Counter[str]]:
    """A folder here or in a store -> paths of all its files, sorted; what was skipped, by reason."""
    if isinstance(fs, LocalFileSystem) and Path(root).is_dir():
        walk = walk_folder(Path(root))
        return sorted(map(str, walk.files)), walk.skipped
    paths = {below(path, root): path for path in fs.find(root)}
    if list(paths.values()) == [root]:  # one file, which was named
        return [root], Counter()
    kept, skipped = keep_seen(paths)
    return sorted(paths[name] for name in kept), skipped


def is_of_the_store(path: str, kind: str) -> bool:
    """Whether a parquet file is none of rows but a store's own, such as `_metadata`; cameras call pictures `_DSC0001.JPG`."""
    return kind == PARQUET and PurePosixPath(path).name.startswith("_")


def address_of(data: str) -> str:
    """A folder, file, address or name on the Hub -> an address. Raises StageError where it is none of these."""
    if "://" in data:
        return data
    if data and given_path(data).exists():
        return str(given_path(data).resolve())
    if HUB_NAME.fullmatch(data):
        return f"hf://datasets/{data}"
    raise StageError(f"--data should be a folder, a file, an address or a data set's name on the Hub, got {data!r}.")


def _split_rows(fs: AbstractFileSystem, files: list[str], most: int) -> list[Part]:
    """Parquet files -> ranges of at most `most` of their rows; only their footers are read."""

    def count(path: str) -> int:
        try:
            with fs.open(path) as file:
                return int(parquet.ParquetFile(file).metadata.num_rows)
        except (arrow.ArrowException, OSError) as error:
            raise StageError(f"{path} cannot be read as parquet ({error}): mend it or take it away.") from error

    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        counts = dict(zip(files, pool.map(count, files), strict=True))
    return [((path,), start, min(start + most, rows)) for path, rows in counts.items() for start in range(0, rows, most)]


def _split_files(files: list[str], most: int, kind: str) -> list[Part]:
    step = most if kind == PICTURES else 1
    return [(tuple(files[at : at + step]), 0, 0) for at in range(0, len(files), step)]


def read_piece(piece: Piece, photo_column: str, keep: tuple[str, ...] = ()) -> Iterator[Named]:
    """A piece -> its photos in order, never all in memory; names are paths below the data set, with the row in parquet."""
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
        content = content_of(values[photo_column], lambda text: read_local(find_file(text, [path.parent])))
        yield f"{path.name}#{row}", content, {column: values[column] for column in keep}


def _read_rows(fs: AbstractFileSystem, root: str, piece: Piece, photo_column: str, keep: tuple[str, ...]) -> Iterator[Named]:
    (path,) = piece.files
    name, read_path = below(path, root), path_reader(fs, root, path)
    with fs.open(path) as file:
        table = parquet.ParquetFile(file)
        missing = {photo_column, *keep} - set(table.schema_arrow.names)
        if missing:
            raise StageError(f"{name} should have the columns {sorted(missing)}, got {sorted(table.schema_arrow.names)}.")
        groups, row = _groups_with(table, piece)
        names = _class_names(table.schema_arrow)
        for batch in table.iter_batches(READ_AT_ONCE, groups, columns=[photo_column, *keep]):
            for values in batch.to_pylist():
                if piece.start <= row < piece.end:
                    kept = {column: _named(names, column, values[column]) for column in keep}
                    yield f"{name}#{row}", content_of(values[photo_column], read_path), kept
                row += 1


def _groups_with(table: parquet.ParquetFile, piece: Piece) -> tuple[list[int], int]:
    """A file -> its row groups that hold rows of the piece, and the number of their first row."""
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
    """A schema -> what the `datasets` library noted in it: the name of each class of each column."""
    noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    kinds = noted.get("info", {}).get("features", {})
    classes = {
        name: kind["names"] for name, kind in kinds.items() if isinstance(kind, dict) and kind.get("_type") == "ClassLabel"
    }
    return {(name, at): word for name, names in classes.items() for at, word in enumerate(names)}


def _named(names: dict[tuple[str, int], str], column: str, value: Any) -> Any:
    """A cell -> its class's name, or itself."""
    return names.get((column, value), value) if isinstance(value, int) else value


def _read_tar(fs: AbstractFileSystem, root: str, piece: Piece, keep: tuple[str, ...]) -> Iterator[Named]:
    """A tar -> its pictures; where it is cut off or damaged, a last row under its own name says so."""
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
                    yield f"{name}/{member.name}", content, folder_of(f"{name}/{member.name}", keep)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        yield name, PhotoError(f"The tar is damaged or cut off ({error}): its further photos are lost."), folder_of(name, keep)
    except OSError as error:
        yield name, _told(error, fs), folder_of(name, keep)


def _read_files(fs: AbstractFileSystem, root: str, piece: Piece, keep: tuple[str, ...]) -> Iterator[Named]:
    most = from_environment(PhotoSettings).max_bytes
    for path in piece.files:
        name = below(path, root)
        content: bytes | PhotoError
        try:
            with fs.open(path) as file:
                content = file.read(most + 1)
        except OSError as error:
            content = _told(error, fs)
        yield name, content, folder_of(name, keep)


def _told(error: OSError, fs: AbstractFileSystem) -> PhotoError:
    """Why a file could not be read -> its row's status; a distant store's troubles pass: they are raised and end the job."""
    if isinstance(error, FileNotFoundError) or isinstance(fs, LocalFileSystem):
        return PhotoError(f"The file cannot be read: {error.strerror or error}.")
    raise error


def folder_of(name: str, keep: tuple[str, ...]) -> dict[str, str]:
    """A picture's name -> its folder, the one column that it has. Raises StageError where others are wanted."""
    if set(keep) - {FOLDER}:
        raise StageError(f"Pictures and tars have the column {FOLDER!r} only, not {', '.join(keep)}.")
    return dict.fromkeys(keep, PurePosixPath(name).parent.as_posix())


def below(path: str, root: str) -> str:
    """A file's path below the data set's root."""
    return path.removeprefix(root).lstrip("/") or PurePosixPath(path).name
