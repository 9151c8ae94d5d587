"""A data set of any kind and place -> its pieces, each for one worker."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as arrow
import pyarrow.parquet as parquet
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from face_gender.photo import SUFFIXES
from face_gender.runtime.folders import OTHER, keep_seen, tell_skipped, walk_folder
from face_gender.runtime.tables import is_table
from face_gender.video import SUFFIXES as VIDEO_SUFFIXES

from ..common.errors import StageError
from ..common.texts import given_path
from ..settings.score import ScoreSettings
from .columns import read_photo_table

PARQUET, TABLE, TAR, PICTURES = "parquet", "table", "tar", "pictures"
VIDEOS = "videos"
ENDINGS = {
    PARQUET: (".parquet",),
    TAR: (".tar", ".tar.gz", ".tgz"),
    PICTURES: tuple(SUFFIXES),
    VIDEOS: VIDEO_SUFFIXES,
}
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
FOOTERS_AT_ONCE = 16  # files whose rows are counted at the same time

Part = tuple[tuple[str, ...], int, int]  # files, and the rows of a parquet file


@dataclass(frozen=True)
class Piece:
    """What one worker reads from start to end.

    root: address of the folder of the files
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
    """A data set -> its pieces, always the same ones in the same order. Raises StageError."""
    address = address_of(settings.data)
    if "://" not in address and is_table(Path(address)):
        return plan_table(Path(address), settings)
    try:
        fs, root = url_to_fs(address)
        found, skipped = find_files(fs, root)
    except (ImportError, OSError, ValueError) as error:
        raise StageError(f"{settings.data} cannot be read: {error}") from error
    for kind, endings in ENDINGS.items():
        files = [
            path
            for path in found
            if path.lower().endswith(endings) and not is_of_the_store(path, kind)
        ]
        if files:
            tell_skipped(skipped + Counter({OTHER: len(found) - len(files)}), settings.data)
            parts = (
                _split_rows(fs, files, settings.piece)
                if kind == PARQUET
                else _split_files(files, settings.piece, kind)
            )
            return [Piece(number, kind, address, *part) for number, part in enumerate(parts)]
    raise StageError(f"{settings.data} holds no parquet files, tars, pictures or videos.")


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
    """A folder here or in a store -> sorted paths of its files; counts of skipped ones."""
    if isinstance(fs, LocalFileSystem) and Path(root).is_dir():
        walk = walk_folder(Path(root))
        return sorted(map(str, walk.files)), walk.skipped
    paths = {below(path, root): path for path in fs.find(root)}
    if list(paths.values()) == [root]:  # one file, which was named
        return [root], Counter()
    kept, skipped = keep_seen(paths)
    return sorted(paths[name] for name in kept), skipped


def is_of_the_store(path: str, kind: str) -> bool:
    """Whether a parquet file is a store's own, such as `_metadata`; not so cameras' `_DSC1.JPG`."""
    return kind == PARQUET and PurePosixPath(path).name.startswith("_")


def address_of(data: str) -> str:
    """A folder, file, address or Hub name -> an address. Raises StageError for anything else."""
    if "://" in data:
        return data
    if data and given_path(data).exists():
        return str(given_path(data).resolve())
    if HUB_NAME.fullmatch(data):
        return f"hf://datasets/{data}"
    raise StageError(
        f"--data should be a folder, file, address or data set on the Hub, got {data!r}."
    )


def _split_rows(fs: AbstractFileSystem, files: list[str], most: int) -> list[Part]:
    """Parquet files -> ranges of at most `most` rows; reads only their footers."""

    def count(path: str) -> int:
        try:
            with fs.open(path) as file:
                return int(parquet.ParquetFile(file).metadata.num_rows)
        except (arrow.ArrowException, OSError) as error:
            raise StageError(
                f"{path} cannot be read as parquet ({error}): repair or remove it."
            ) from error

    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        counts = dict(zip(files, pool.map(count, files), strict=True))
    return [
        ((path,), start, min(start + most, rows))
        for path, rows in counts.items()
        for start in range(0, rows, most)
    ]


def _split_files(files: list[str], most: int, kind: str) -> list[Part]:
    step = most if kind == PICTURES else 1
    return [(tuple(files[at : at + step]), 0, 0) for at in range(0, len(files), step)]


def below(path: str, root: str) -> str:
    """A path and the folder it is in -> the rest of the path; a file's own name if they are one."""
    return path.removeprefix(root).lstrip("/") or PurePosixPath(path).name
