"""Source -> clean data: parquet files, dropped.csv with reasons, and charts of the groups."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from datasets import Dataset, DatasetDict

from face_gender.report.rendering import how_many
from face_gender.runtime.files import write_text

from ..common import expectations
from ..common.cells import is_file
from ..common.errors import StageError
from ..common.files import check_disk
from ..common.run_recipe import keep_recipe
from ..settings import DataSettings, RunSettings
from .charts import count_groups, draw_charts
from .cleaning import clean
from .fingerprints import fingerprint
from .manifest import keep_listed, read_manifest
from .sources import load_data
from .split_files import (
    CALIBRATION,
    HOLDOUT,
    PHOTO,
    SELECTION,
    TEST,
    TRAIN,
    batches,
    class_counts,
    write_splits,
)
from .splits import assign_splits

DROPPED, REPORT, CHARTS = "dropped.csv", "report.json", "charts.png"
LISTED = ["split", "row", "file", "label", "reason", "detail"]  # columns of dropped.csv


def write_data(run: RunSettings, settings: DataSettings) -> None:
    """Load, fingerprint and clean the photos, split them, and write them. Raises StageError."""
    folder = run.folder("data")
    source = sample(load_data(settings), settings.sample, run.seed)
    check_disk(folder, sum(bytes_of(split) for split in source.values()))
    photos = with_identity(fingerprint(source, folder), source, settings)
    if settings.manifest:
        photos = keep_listed(photos, read_manifest(Path(settings.manifest)), settings.near)
    photos = clean(photos, settings)
    kept, dropped = photos[photos["reason"] == ""], photos.loc[photos["reason"] != "", LISTED]
    check_kept(kept, photos)
    if not settings.manifest:
        kept = kept.assign(split_to=assign_splits(kept, settings, run.seed))
    splits = take_rows(source, kept)
    check_not_empty(splits)
    write_splits(splits, folder)
    write_text(folder / DROPPED, dropped.to_csv(index=False, lineterminator="\n"))
    figures = report(source, splits, dropped, settings, run.seed)
    write_text(folder / REPORT, json.dumps(figures, indent=1) + "\n")
    draw_charts(count_groups(splits), folder / CHARTS)
    keep_recipe(run, settings)
    print_outcome(splits, kept, dropped)


def print_outcome(splits: DatasetDict, kept: pandas.DataFrame, dropped: pandas.DataFrame) -> None:
    """Print the faces of each split, the test's broken photos, and drops by reason."""
    print(", ".join(f"{name}: {how_many(len(split))}" for name, split in splits.items()))
    broken = int((kept["error"].notna() & (kept["split"] == TEST)).sum())
    if broken:
        print(f"test photos that cannot be read: {broken}; they stay, and count as faces not found")
    counts = dropped["reason"].value_counts().items()
    print("dropped:", ", ".join(f"{count} {reason}" for reason, count in counts) or "none")
    print(expectations.of_test(len(splits[TEST])))
    if said := expectations.of_calibration(len(splits[CALIBRATION])):
        print(said)


def sample(source: DatasetDict, count: int, seed: int) -> DatasetDict:
    """A source -> `count` rows of each split, drawn by the seed; with 0, all of it."""
    if not count:
        return source
    return DatasetDict(
        {
            name: split.shuffle(seed=seed).select(range(min(count, len(split))))
            for name, split in source.items()
        }
    )


def bytes_of(split: Dataset) -> int:
    """A split -> bytes of its photos, inside or in files of their own."""
    total = 0
    for rows in batches(split.select_columns(PHOTO)):
        for photo in filter(None, rows[PHOTO]):
            inside, outside = photo["bytes"], Path(photo["path"] or "")
            if inside is not None:
                total += len(inside)
            elif is_file(outside):
                total += outside.stat().st_size
    return total


def with_identity(
    photos: pandas.DataFrame, source: DatasetDict, settings: DataSettings
) -> pandas.DataFrame:
    """Fingerprints -> the same with `identity`, if the source tells people apart."""
    column = settings.identity_column
    if not all(column in split.column_names for split in source.values()):
        return photos
    people = [value for split in source.values() for value in split[column]]
    return photos.assign(identity=pandas.Series(people, photos.index).astype("string"))


def check_kept(kept: pandas.DataFrame, photos: pandas.DataFrame) -> None:
    """Raises StageError if cleaning left too little to train on."""
    left = kept.loc[kept["split"] == TRAIN, "label"].value_counts()
    if len(left) < 2 or left.min() < 6:
        reasons = photos["reason"].value_counts().to_dict()
        reasons.pop("", None)
        raise StageError(
            f"Cleaning left {left.to_dict() or 'nothing'} to train on, too few; dropped: {reasons}."
        )


def check_not_empty(splits: DatasetDict) -> None:
    """Raises StageError if a split is empty: later stages need all of them."""
    sizes = {name: len(split) for name, split in splits.items()}
    if not all(sizes.values()):
        raise StageError(
            f"Every split needs faces, got {sizes}: raise --selection, --calibration and --test, "
            "or add more people, none of whom has most of the photos."
        )


def take_rows(source: DatasetDict, kept: pandas.DataFrame) -> DatasetDict:
    """Source, and the split of each kept row -> the splits, in the source's order."""
    splits = {}
    for name in (TRAIN, SELECTION, CALIBRATION, TEST, HOLDOUT):
        rows = kept[kept["split_to"] == name]
        if name == HOLDOUT and rows.empty:  # not every run has one
            continue
        splits[name] = (
            source[rows["split"].iloc[0]].select(np.array(rows["row"]))
            if len(rows)
            else source[TRAIN].select([])
        )
    return DatasetDict(splits)


def report(
    source: DatasetDict,
    splits: DatasetDict,
    dropped: pandas.DataFrame,
    settings: DataSettings,
    seed: int,
) -> dict[str, Any]:
    """What report.json says: the source, photos by split and class, drops by split and reason."""
    commits = {
        found
        for url in source[TRAIN].info.download_checksums or {}
        for found in re.findall(r"@([0-9a-f]{40})/", url)
    }
    return {
        "data": settings.data,
        "config": settings.data_config,
        "revision": settings.data_revision or ", ".join(sorted(commits)),
        "seed": seed,
        "splits": {name: split.info.description for name, split in source.items()},
        "source": {name: len(split) for name, split in source.items()},
        "parts": {name: class_counts(split) for name, split in splits.items()},
        "dropped": {
            name: rows["reason"].value_counts().sort_index().to_dict()
            for name, rows in dropped.groupby("split")
        },
    }
