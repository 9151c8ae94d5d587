"""A column of pictures in any form that `cells` reads -> bytes or the path of each."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.compute as compute
from datasets import Dataset, Image

from face_gender.photo import PhotoError

from ..common.cells import find_file, from_base64, is_file
from ..common.errors import StageError
from .split_files import BATCH, PHOTO

Cell = dict[str, Any]


def as_photos(split: Dataset, whose: str) -> Dataset:
    """A split whose `photo` holds bytes, paths or text -> the same as undecoded pictures.

    whose: the column, for the error
    Raises StageError if the column holds anything else, such as numbers.
    """
    try:
        return split.cast_column(PHOTO, Image(decode=False))
    except (NotImplementedError, TypeError, ValueError) as error:
        raise StageError(f"{whose} should hold photos, got {split.features[PHOTO]}.") from error


def with_files(split: Dataset, folders: Sequence[Path]) -> Dataset:
    """A split of undecoded pictures -> the same, relative paths found and base64 text unpacked.

    folders: where a relative path may start, the likeliest first
    """
    if not any(
        has_paths(split.with_format("arrow")[at : at + BATCH][PHOTO])
        for at in range(0, len(split), BATCH)
    ):
        return split
    find = partial(find_all, folders=folders)
    return split.map(
        find,
        batched=True,
        batch_size=BATCH,
        features=split.features,
        load_from_cache_file=False,  # files come and go
        desc="paths",
    )


def has_paths(column: Any) -> bool:
    """An arrow column of pictures -> whether any of them has a path only."""
    contents, paths = compute.struct_field(column, "bytes"), compute.struct_field(column, "path")
    only = compute.and_(compute.is_null(contents), compute.is_valid(paths))
    return bool(compute.any(only).as_py())


def find_all(rows: dict[str, list[Any]], folders: Sequence[Path]) -> dict[str, list[Any]]:
    """Rows of pictures -> their pictures, as `find_one` returns them."""
    return {PHOTO: [find_one(cell, folders) for cell in rows[PHOTO]]}


def find_one(cell: Cell | None, folders: Sequence[Path]) -> Cell | None:
    """A picture -> the same, with the path of its file, or base64 text as bytes."""
    text = (cell or {}).get("path")
    if not cell or cell["bytes"] is not None or not text:
        return cell
    try:
        packed = from_base64(text)
    except PhotoError:
        return cell  # reading it will raise the error
    if packed is not None:
        return {"bytes": packed, "path": None}
    return {"bytes": None, "path": str(find_file(text, folders))}


def folders_of(source: Path) -> list[Path]:
    """A source -> the folders where its rows' paths may start; none for one on the Hub."""
    if source.is_dir():
        inside = {path.parent.absolute() for path in source.rglob("*.parquet")}
        return list(dict.fromkeys((source.absolute(), *sorted(inside))))
    return [source.absolute().parent] if is_file(source) else []
