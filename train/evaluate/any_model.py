"""Any model and all of a person's photos -> figures and errors, without training: `--model`."""

from pathlib import Path

import numpy as np
from datasets import Dataset, Image, Value, concatenate_datasets

from face_gender.model_folder import open_model
from face_gender.report.rendering import how_many
from face_gender.settings import ModelSettings

from ..common.errors import StageError
from ..data import LABEL, PHOTO, load_data
from ..data.stage import sample
from ..settings import DataSettings, RunSettings
from .errors import SPLIT
from .protocol import FACE_SHARE, MISSED, score_test


def open_folder(name: str) -> Path:
    """A model's folder or its name on the Hub -> its folder. Raises StageError."""
    try:
        return open_model(ModelSettings(name)).folder
    except ValueError as error:
        raise StageError(str(error)) from error


def all_photos(run: RunSettings, settings: DataSettings) -> Dataset:
    """A source -> every labelled photo of all its splits, with the column `split`."""
    source = sample(load_data(settings), settings.sample, run.seed)
    parts = [with_split(split) for split in source.values()]
    photos = concatenate_datasets(parts).cast_column(PHOTO, Image(decode=False))
    kept = [row for row, label in enumerate(photos[LABEL]) if label is not None and label >= 0]
    if len(kept) < len(photos):
        print(f"not used: {how_many(len(photos) - len(kept), 'photo')} without a label")
    return photos.select(kept)


def with_split(split: Dataset) -> Dataset:
    """A split -> the same with the column `split`, its name in the source."""
    names = [split.info.description] * len(split)
    there = SPLIT in split.column_names
    return (split.remove_columns(SPLIT) if there else split).add_column(
        SPLIT, names, feature=Value("string")
    )


def score_photos(photos: Dataset, folder: Path, robustness: bool) -> tuple[Dataset, Dataset]:
    """Photos, a model's folder -> photos and their scored rows, in the same new order.

    There are no training faces, so a missed face's box is as large as the median found one.
    """
    rows = score_test(photos, folder, 0.5, robustness)
    missed = np.array(rows[MISSED])
    if missed.all():
        raise StageError("No face was found in any of the photos.")
    if not missed.any():
        return photos, rows
    share = float(np.median([each for each in rows[FACE_SHARE] if each is not None]))
    found, lost = np.flatnonzero(~missed), np.flatnonzero(missed)
    again = score_test(photos.select(lost), folder, share, False)
    return photos.select([*found, *lost]), concatenate_datasets([rows.select(found), again])
