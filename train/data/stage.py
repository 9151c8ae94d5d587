"""Source -> clean data: parquet files, what was dropped and why, and charts of who is in it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from datasets import Dataset, DatasetDict

from face_gender.runtime.files import write_text

from ..common.cells import is_file
from ..common.stages import StageError, check_disk
from ..settings import DataSettings, RunSettings
from .charts import count_groups, draw_charts
from .cleaning import clean
from .fingerprints import fingerprint
from .parts import CALIBRATION, PHOTO, SELECTION, TEST, TRAIN, batches, class_counts, write_parts
from .sources import load_data
from .splits import split

DROPPED, REPORT, CHARTS = "dropped.csv", "report.json", "charts.png"


def write_data(run: RunSettings, settings: DataSettings) -> None:
    """Load, look at every photo once, drop what is of no use, split and write. Raises StageError."""
    folder = run.folder("data")
    source = load_data(settings)
    if settings.sample:
        source = DatasetDict({name: take(part, settings.sample, run.seed) for name, part in source.items()})
    check_disk(folder, sum(bytes_of(part) for part in source.values()))
    photos = clean(with_identity(fingerprint(source, folder), source, settings), settings)
    kept = photos[photos["reason"] == ""]
    check_kept(kept, photos)
    parts = select(source, kept.assign(part=split(kept, settings, run.seed)))
    check_parts(parts)
    write_parts(parts, folder)
    dropped = photos.loc[photos["reason"] != "", ["split", "row", "file", "label", "reason", "detail"]]
    write_text(folder / DROPPED, dropped.to_csv(index=False, lineterminator="\n"))
    write_text(folder / REPORT, json.dumps(report(source, parts, dropped, settings, run.seed), indent=1) + "\n")
    draw_charts(count_groups(parts), folder / CHARTS)
    print(", ".join(f"{name}: {len(part)} faces" for name, part in parts.items()))
    broken = int((kept["error"].notna() & (kept["split"] == TEST)).sum())
    if broken:
        print(f"test photos that cannot be read: {broken}; they stay, and count as faces not found")
    print("dropped:", ", ".join(f"{count} {reason}" for reason, count in dropped["reason"].value_counts().items()) or "none")


def take(part: Dataset, count: int, seed: int) -> Dataset:
    """A split -> `count` of its rows, drawn by the seed."""
    return part.shuffle(seed=seed).select(range(min(count, len(part))))


def bytes_of(part: Dataset) -> int:
    """A split -> bytes of its photos, by their files' sizes where they are outside."""
    total = 0
    for rows in batches(part.select_columns(PHOTO)):
        for photo in filter(None, rows[PHOTO]):
            inside, outside = photo["bytes"], Path(photo["path"] or "")
            if inside is not None:
                total += len(inside)
            elif is_file(outside):
                total += outside.stat().st_size
    return total


def with_identity(photos: pandas.DataFrame, source: DatasetDict, settings: DataSettings) -> pandas.DataFrame:
    """Fingerprints -> the same with `identity`, where the source tells people apart."""
    column = settings.identity_column
    if not all(column in part.column_names for part in source.values()):
        return photos
    people = [value for part in source.values() for value in part[column]]
    return photos.assign(identity=pandas.Series(people, photos.index).astype("string"))


def check_kept(kept: pandas.DataFrame, photos: pandas.DataFrame) -> None:
    """Raises StageError where cleaning left too little to train on."""
    left = kept.loc[kept["split"] == TRAIN, "label"].value_counts()
    if len(left) < 2 or left.min() < 6:
        reasons = photos["reason"].value_counts().to_dict()
        reasons.pop("", None)
        raise StageError(f"Cleaning left {left.to_dict() or 'nothing'} to train on, too few; dropped: {reasons}.")


def check_parts(parts: DatasetDict) -> None:
    """Raises StageError where a part is empty, which a later stage could do nothing with."""
    sizes = {name: len(part) for name, part in parts.items()}
    if not all(sizes.values()):
        raise StageError(
            f"Every part needs faces, got {sizes}: ask for more with --selection, --calibration and --test, "
            "or bring more people, none of them with most of the photos."
        )


def select(source: DatasetDict, kept: pandas.DataFrame) -> DatasetDict:
    """Source and the part of each kept row -> the four parts, in the source's order."""
    parts = {}
    for name in (TRAIN, SELECTION, CALIBRATION, TEST):
        rows = kept[kept["part"] == name]
        parts[name] = source[rows["split"].iloc[0]].select(np.array(rows["row"])) if len(rows) else source[TRAIN].select([])
    return DatasetDict(parts)


def report(
    source: DatasetDict, parts: DatasetDict, dropped: pandas.DataFrame, settings: DataSettings, seed: int
) -> dict[str, Any]:
    """What report.json holds: where the data are from, photos by part and class, and drops by split and reason."""
    commits = {found for url in source[TRAIN].info.download_checksums or {} for found in re.findall(r"@([0-9a-f]{40})/", url)}
    return {
        "data": settings.data,
        "config": settings.data_config,
        "revision": settings.data_revision or ", ".join(sorted(commits)),
        "seed": seed,
        "source": {name: len(part) for name, part in source.items()},
        "parts": {name: class_counts(part) for name, part in parts.items()},
        "dropped": {name: rows["reason"].value_counts().sort_index().to_dict() for name, rows in dropped.groupby("split")},
    }
