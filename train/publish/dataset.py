"""A run's crops -> a data set on the Hub, with licence and sources: `make publish-dataset DATASET=user/name LICENCE=...`."""

import os
import re
from collections import Counter
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets import Dataset, DatasetDict, Image
from huggingface_hub import DatasetCard, DatasetCardData

from ..common.stages import StageError, run_stage
from ..crops.stage import crop_row, load_crops
from ..data import LABEL, PHOTO, TEST, load_parts
from ..settings import CropSettings, PublishDataSettings, RunSettings
from .upload import TAG, check_name, check_new, open_api, publish_folder, show_folder

TEMPLATE = Path(__file__).with_name("dataset.md")
SHARD_BYTES = 50_000_000
LICENCE, SOURCE = "licence", "source"  # columns, as collected
NAMES = {"cc0": "cc0-1.0", "public-domain": "pddl", "pd": "pddl"}  # the Hub's name of what others call otherwise
# Licences that let a crop be passed on: none that forbids changes (ND), none that is unknown.
OPEN = re.compile(r"cc0-1\.0|pddl|odbl|odc-by|cc-by(-nc)?(-sa)?-[1-4]\.[05]|apache-2\.0|mit|unlicense")


def publish_dataset(run_settings: RunSettings, crop: CropSettings, settings: PublishDataSettings) -> None:
    """Check the licences, write shards and card, show, upload in one commit, tag with the version. Raises StageError."""
    check_name(settings.to)
    parts, test = load_crops(run_settings, crop), load_parts(run_settings.folder("data"))[TEST]
    api = None if settings.dry_run else open_api()
    if api:
        check_new(api, settings.to, "dataset")
    licences = check_licences(DatasetDict({**parts, TEST: test}), settings.licence)
    parts[TEST] = crop_test(test, parts, crop)
    with TemporaryDirectory() as scratch:
        stage = Path(scratch)
        write_shards(parts, stage / "data")
        write_card(parts, licences, count_values(parts, SOURCE, settings.source), settings.to, stage / "README.md")
        show_folder(stage, f"{settings.to} at {TAG}")
        if api:
            commit = publish_folder(api, stage, settings.to, "dataset")
            print(f"Published {settings.to} at {TAG} ({commit}).")


def check_licences(parts: DatasetDict, stated: str) -> list[str]:
    """Photos and the licence of those that state none -> every licence, by the Hub's name.

    Raises StageError, with how many photos are concerned, where one does not let crops be passed on.
    """
    found: Counter[str] = Counter()
    for licence, count in count_values(parts, LICENCE, stated).items():
        found[name_licence(licence)] += count
    closed = [f"{licence or 'none stated'} ({count} photos)" for licence, count in found.items() if not OPEN.fullmatch(licence)]
    if closed:
        raise StageError(f"These licences do not let the crops be passed on: {', '.join(closed)}. Leave their sources out.")
    return sorted(found)


def name_licence(licence: str) -> str:
    """A licence as people write it (`CC BY 4.0`) -> as the Hub does (`cc-by-4.0`)."""
    name = re.sub(r"[\s_]+", "-", licence.strip().lower())
    return NAMES.get(name, name)


def count_values(parts: DatasetDict, column: str, otherwise: str) -> Counter[str]:
    """A column's values over all parts -> how many photos have each; those without one have `otherwise`."""
    counts: Counter[str] = Counter()
    for part in parts.values():
        values = part[column] if column in part.column_names else [None] * len(part)
        counts.update(str(value or otherwise) for value in values)
    return counts


def crop_test(test: Dataset, parts: DatasetDict, crop: CropSettings) -> Dataset:
    """The test's photos -> crops like those of the other parts; photos without a face are left out."""
    like = next(iter(parts.values())).features
    photos = test.cast_column(PHOTO, Image(decode=False))
    crops = photos.map(partial(crop_row, settings=crop), features=like, num_proc=os.cpu_count(), desc="crops of test")
    return crops.filter(lambda photo: photo is not None, input_columns=PHOTO)


def write_shards(parts: DatasetDict, folder: Path) -> None:
    """Parts -> parquet files of at most about SHARD_BYTES, photos inside, named as the Hub's viewer expects."""
    folder.mkdir(parents=True)
    for name, part in parts.items():
        count = max(1, ceil(part.data.nbytes / SHARD_BYTES))
        for number in range(count):
            shard = part.shard(count, number, contiguous=True)
            shard.to_parquet(folder / f"{name}-{number:05d}-of-{count:05d}.parquet")


def write_card(parts: DatasetDict, licences: list[str], sources: Counter[str], name: str, path: Path) -> None:
    """Parts, licences and sources -> the data set's card."""
    features = next(iter(parts.values())).features
    data = DatasetCardData(
        license=licences if len(licences) > 1 else licences[0],
        task_categories=["image-classification"],
        pretty_name="Faces, cut as the classifier sees them",
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": part, "path": f"data/{part}-*"} for part in parts],
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
        counts={part: Counter(rows[LABEL]) for part, rows in parts.items()},
    )
    path.write_text(f"{card}\n", encoding="utf-8")


if __name__ == "__main__":
    run_stage(publish_dataset, RunSettings, CropSettings, PublishDataSettings)
