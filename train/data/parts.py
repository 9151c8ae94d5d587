"""Splits <-> a folder of parquet files; a reader never sees half of them."""

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
from ..common.stages import StageError, run_first

PHOTO, LABEL = "photo", "label"
TRAIN, SELECTION, CALIBRATION, TEST = "train", "selection", "calibration", "test"
UNFINISHED = "unfinished"  # stands in a stage's folder while its parts are being replaced
BATCH = 500  # rows in memory at a time


def write_parts(parts: DatasetDict, folder: Path) -> None:
    """Splits -> one parquet file each, photos inside; the old files stand until all new ones are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for half in folder.glob(f"*{HALF}"):  # of a run that was killed
        half.unlink()
    with ExitStack() as renamed_at_the_end:
        for name, part in parts.items():
            write_part(part, renamed_at_the_end.enter_context(atomic_write(folder / f"{name}.parquet")))
        (folder / UNFINISHED).touch()
        for stale in folder.glob("[!.]*.parquet"):
            stale.unlink()
    (folder / UNFINISHED).unlink()


def write_part(part: Dataset, path: Path) -> None:
    """A split -> a parquet file with its photos' bytes inside."""
    part = part.cast_column(PHOTO, Image(decode=False))
    schema = part.features.arrow_schema
    with parquet.ParquetWriter(path, schema) as writer:
        for rows in batches(part):
            rows[PHOTO] = [_packed(photo) for photo in rows[PHOTO]]
            writer.write_table(arrow.Table.from_pydict(rows, schema))


def load_parts(folder: Path) -> DatasetDict:
    """A stage's folder -> its splits, `photo` as a picture.

    A split is one file, or shards `NAME-00000-of-00002.parquet`. Raises StageError where the stage has not run to its end.
    """
    if (folder / UNFINISHED).exists():
        raise StageError(f"{folder} is unfinished: run `make {folder.name}` again, it goes on where it stopped.")
    files: dict[str, list[str]] = {}
    for path in sorted(folder.glob("[!.]*.parquet")):
        files.setdefault(path.stem.split("-")[0], []).append(str(path))
    if not files:
        raise StageError(f"There are no faces in {folder}: {run_first(folder.name, folder)}.")
    parts = load_dataset("parquet", data_files=files).cast_column(PHOTO, Image())
    print(f"{folder}: {describe(parts)}", flush=True)
    return parts


def batches(part: Dataset) -> Iterator[dict[str, list[Any]]]:
    """A split -> its rows, some at a time, as lists by column."""
    for start in range(0, len(part), BATCH):
        yield part[start : start + BATCH]


def names_of(part: Dataset, column: str) -> list[str | None]:
    """A column -> its values as text, classes by name; None where there is none, or a class's number is below 0."""
    feature, values = part.features[column], part[column][:]
    if isinstance(feature, ClassLabel):
        return [None if value is None or value < 0 else feature.names[value] for value in values]
    return [None if value is None else str(value) for value in values]


def class_order(names: Sequence[str], known: Sequence[str], whose: str) -> list[int]:
    """The data's classes, and those a model knows -> the model's number of each. Raises StageError where they are not the same.

    whose: what knows them, for the sentence
    """
    if set(names) != set(known):
        raise StageError(
            f"The data's classes are {list(names)}, but those of {whose} are {list(known)}: rename one or the other."
        )
    return [known.index(name) for name in names]


def describe(parts: DatasetDict) -> str:
    """Splits with classes -> how many photos of each class each of them has, in words."""
    return "; ".join(f"{name} {_counted(part)}" for name, part in parts.items())


def class_counts(part: Dataset) -> dict[str, int]:
    """A part -> photos by class; those without one count in none."""
    found = Counter(names_of(part, LABEL))
    return {name: found[name] for name in part.features[LABEL].names}


def _counted(part: Dataset) -> str:
    counts = class_counts(part)
    without = len(part) - sum(counts.values())
    named = [f"{name} {count:,}" for name, count in counts.items()]
    return f"{len(part):,} ({', '.join(named + [f'without a class {without:,}'] * bool(without))})"


def photo_bytes(photo: dict[str, Any] | None) -> bytes:
    """A row's photo, undecoded -> its file's bytes. Raises PhotoError where there are none."""
    return read_cell(photo, lambda path: read_local(Path(path)))


def photo_name(photo: dict[str, Any] | None) -> str:
    """A row's photo -> its file's name, without this machine's folders; empty where it never had one."""
    return Path((photo or {}).get("path") or "").name


def _packed(photo: dict[str, Any] | None) -> dict[str, Any]:
    try:
        content = photo_bytes(photo)
    except PhotoError:
        content = b""  # of a test photo that is missing, which counts as a face not found
    return {"bytes": content, "path": photo_name(photo) or None}
