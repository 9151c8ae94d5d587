"""Splits <-> a folder of parquet files; readers never see half of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
from datasets import ClassLabel, Dataset, DatasetDict, Image, load_dataset

from face_gender.photo import PhotoError
from face_gender.runtime.files import HALF, atomic_write

from ..common.cells import read_cell, read_local
from ..common.errors import StageError
from ..common.files import run_first
from ..common.quiet import without_bars

PHOTO, LABEL = "photo", "label"
TRAIN, SELECTION, CALIBRATION, TEST = "train", "selection", "calibration", "test"
VALIDATION = "validation"  # the source's own, which becomes selection and calibration
HOLDOUT = "holdout"  # the second test: never chosen on, the same faces whatever the seed
UNFINISHED = "unfinished"  # stands in a stage's folder while its splits are being replaced
BATCH = 500  # rows in memory at a time


def write_splits(splits: DatasetDict, folder: Path) -> None:
    """Splits -> a parquet file each, with photos; old files stay until all new ones are done."""
    folder.mkdir(parents=True, exist_ok=True)
    for half in folder.glob(f"*{HALF}"):  # of a run that was killed
        half.unlink()
    with ExitStack() as renamed_at_the_end:
        for name, split in splits.items():
            write_split(
                split, renamed_at_the_end.enter_context(atomic_write(folder / f"{name}.parquet"))
            )
        (folder / UNFINISHED).touch()
        for stale in folder.glob("[!.]*.parquet"):
            stale.unlink()
    (folder / UNFINISHED).unlink()


def write_split(split: Dataset, path: Path) -> None:
    """A split -> a parquet file with its photos' bytes inside."""
    split = split.cast_column(PHOTO, Image(decode=False))
    schema = split.features.arrow_schema
    with parquet.ParquetWriter(path, schema) as writer:
        for rows in batches(split):
            rows[PHOTO] = [_packed(photo) for photo in rows[PHOTO]]
            writer.write_table(arrow.Table.from_pydict(rows, schema))


def load_splits(folder: Path) -> DatasetDict:
    """A stage's folder -> its splits, `photo` as a picture.

    A split is one file, or shards `NAME-00000-of-00002.parquet`. Raises StageError if the
    stage has not finished.
    """
    if (folder / UNFINISHED).exists():
        raise StageError(f"{folder} is unfinished: run `make {folder.name}` again to go on.")
    files: dict[str, list[str]] = {}
    for path in sorted(folder.glob("[!.]*.parquet")):
        files.setdefault(path.stem.split("-")[0], []).append(str(path))
    if not files:
        raise StageError(f"There are no faces in {folder}: {run_first(folder.name, folder)}.")
    with without_bars():
        splits = load_dataset("parquet", data_files=files).cast_column(PHOTO, Image())
    print(f"{folder}: {describe(splits)}", flush=True)
    return splits


def batches(split: Dataset) -> Iterator[dict[str, list[Any]]]:
    """A split -> its rows, some at a time, as lists by column."""
    for start in range(0, len(split), BATCH):
        yield split[start : start + BATCH]


def names_of(split: Dataset, column: str) -> list[str | None]:
    """A column -> its values as text, classes by name; None if missing, or a class below 0."""
    feature, values = split.features[column], split[column][:]
    if isinstance(feature, ClassLabel):
        return [None if value is None or value < 0 else feature.names[value] for value in values]
    return [None if value is None else str(value) for value in values]


def class_order(names: Sequence[str], known: Sequence[str], whose: str) -> list[int]:
    """The data's classes and a model's -> the model's number of each. Raises StageError.

    whose: the model's name, for the error
    """
    if set(names) != set(known):
        raise StageError(
            f"The data's classes are {list(names)}, but {whose} has {list(known)}: "
            "rename the data's with --classes."
        )
    return [known.index(name) for name in names]


def describe(splits: DatasetDict) -> str:
    """Splits with classes -> how many photos of each class each has, in words."""
    return "; ".join(f"{name} {_counted(split)}" for name, split in splits.items())


def class_counts(split: Dataset) -> dict[str, int]:
    """A split -> photos by class; photos without a class are not counted."""
    found = Counter(names_of(split, LABEL))
    return {name: found[name] for name in split.features[LABEL].names}


def _counted(split: Dataset) -> str:
    counts = class_counts(split)
    without = len(split) - sum(counts.values())
    named = [f"{name} {count:,}" for name, count in counts.items()]
    return f"{len(split):,} ({', '.join(named + [f'without a class {without:,}'] * bool(without))})"


def photo_bytes(photo: dict[str, Any] | None) -> bytes:
    """A row's photo, undecoded -> its file's bytes. Raises PhotoError if there are none."""
    return read_cell(photo, lambda path: read_local(Path(path)))


def photo_name(photo: dict[str, Any] | None) -> str:
    """A row's photo -> its file's name without folders; empty if it never had one."""
    return Path((photo or {}).get("path") or "").name


def file_names(split: Dataset) -> list[str]:
    """A split of undecoded pictures -> each file's name, with its folders where they are known."""
    if "file" in split.column_names:
        return [str(name) for name in split["file"]]
    photos = split.select_columns(PHOTO)
    return [photo_name(photo) for rows in batches(photos) for photo in rows[PHOTO]]


def _packed(photo: dict[str, Any] | None) -> dict[str, Any]:
    try:
        content = photo_bytes(photo)
    except PhotoError:
        content = b""  # a missing test photo, which counts as a face not found
    return {"bytes": content, "path": photo_name(photo) or None}
