"""A run's crops -> a data set on the Hub, with licence and sources: `make publish-dataset`."""

import os
import re
from collections import Counter
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets import Dataset, DatasetDict, Image
from huggingface_hub import DatasetCard, DatasetCardData

from face_gender.report.rendering import how_many

from ..common.cli import run_stage
from ..common.errors import StageError
from ..crops.read import as_cropped, load_crops
from ..crops.stage import crop_row
from ..data import LABEL, PHOTO, TEST, load_splits
from ..settings import CropSettings, PublishDataSettings, RunSettings
from .licences import name_licence
from .upload import TAG, Target, check_new, open_api, publish_folder, show_folder

TEMPLATE = Path(__file__).with_name("dataset.md")
SHARD_BYTES = 50_000_000
LICENCE, SOURCE = "licence", "source"  # columns, as collected
FILES = ("file", "source_file")  # columns of original file names
# Licences that allow sharing crops: not ND, which forbids changes, and no unknown ones.
OPEN = re.compile(
    r"cc0-1\.0|pddl|odbl|odc-by|cc-by(-nc)?(-sa)?-[1-4]\.[05]|apache-2\.0|mit|unlicense"
)


def publish_dataset(run: RunSettings, crop: CropSettings, settings: PublishDataSettings) -> None:
    """Check licences, write shards and card, show, upload and tag. Raises StageError."""
    to = Target(settings.to, "dataset")
    crop = as_cropped(run, crop)
    splits, test = load_crops(run, crop), load_splits(run.folder("data"))[TEST]
    api = None if settings.dry_run else open_api()
    if api:
        check_new(api, to)
    licences = check_licences(DatasetDict({**splits, TEST: test}), settings.licence)
    splits[TEST] = crop_test(test, splits, crop)
    if not settings.file_names:
        splits = without_file_names(splits)
    with TemporaryDirectory() as scratch:
        stage = Path(scratch)
        write_shards(splits, stage / "data")
        write_card(
            splits,
            licences,
            count_values(splits, SOURCE, settings.source),
            settings.to,
            stage / "README.md",
        )
        show_folder(stage, f"{to.name} at {to.tag}")
        if api:
            print(publish_folder(api, stage, to))


def without_file_names(splits: DatasetDict) -> DatasetDict:
    """Splits -> the same without the original file names, which may tell who is in a photo."""
    there = [column for column in FILES if column in next(iter(splits.values())).column_names]
    return splits.remove_columns(there)


def check_licences(splits: DatasetDict, stated: str) -> list[str]:
    """Photos, and the licence of those without one -> every licence, by the Hub's name.

    Raises StageError, with a count of photos, if a licence does not allow sharing crops.
    """
    found: Counter[str] = Counter()
    for licence, count in count_values(splits, LICENCE, stated).items():
        found[name_licence(licence)] += count
    closed = [
        f"{licence or 'none stated'} ({how_many(count, 'photo')})"
        for licence, count in found.items()
        if not OPEN.fullmatch(licence)
    ]
    if closed:
        raise StageError(
            f"These licences do not allow sharing crops: {', '.join(closed)}. Leave them out."
        )
    return sorted(found)


def count_values(splits: DatasetDict, column: str, otherwise: str) -> Counter[str]:
    """A column's values in all splits -> photos by value; missing ones count as `otherwise`."""
    counts: Counter[str] = Counter()
    for split in splits.values():
        values = split[column] if column in split.column_names else [None] * len(split)
        counts.update(str(value or otherwise) for value in values)
    return counts


def crop_test(test: Dataset, splits: DatasetDict, crop: CropSettings) -> Dataset:
    """Test photos -> crops like those of other splits; photos without a face are left out."""
    like = next(iter(splits.values())).features
    photos = test.cast_column(PHOTO, Image(decode=False))
    crops = photos.map(
        partial(crop_row, settings=crop),
        features=like,
        num_proc=os.cpu_count(),
        desc="crops of test",
    )
    return crops.filter(lambda photo: photo is not None, input_columns=PHOTO)


def write_shards(splits: DatasetDict, folder: Path) -> None:
    """Splits -> parquet files of about SHARD_BYTES at most, named as the Hub's viewer expects."""
    folder.mkdir(parents=True)
    for name, split in splits.items():
        count = max(1, ceil(split.data.nbytes / SHARD_BYTES))
        for number in range(count):
            shard = split.shard(count, number, contiguous=True)
            shard.to_parquet(folder / f"{name}-{number:05d}-of-{count:05d}.parquet")


def write_card(
    splits: DatasetDict, licences: list[str], sources: Counter[str], name: str, path: Path
) -> None:
    """Splits, licences and sources -> the data set's card."""
    features = next(iter(splits.values())).features
    data = DatasetCardData(
        license=licences if len(licences) > 1 else licences[0],
        task_categories=["image-classification"],
        pretty_name="Faces, cropped as the classifier sees them",
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"data/{split}-*"} for split in splits],
            }
        ],
    )
    card = DatasetCard.from_template(
        data,
        template_path=str(TEMPLATE),
        name=name,
        tag=TAG,
        licences=", ".join(licences),
        sources={source or "not stated": count for source, count in sources.items()},
        features={column: type(feature).__name__ for column, feature in features.items()},
        labels=features[LABEL].names,
        counts={split: Counter(rows[LABEL]) for split, rows in splits.items()},
    )
    path.write_text(f"{card}\n", encoding="utf-8")


if __name__ == "__main__":
    run_stage(publish_dataset, RunSettings, CropSettings, PublishDataSettings)
