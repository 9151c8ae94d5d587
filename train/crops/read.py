"""A run's stored crops, and rows of photos with their faces, as serving reads them."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from datasets import Dataset, DatasetDict

from face_gender.crops import GREY, square_of
from face_gender.faces import Face, FaceFinder
from face_gender.photo import Photo, PhotoError, enough_memory, open_photo
from face_gender.reader import open_and_find
from face_gender.settings import FaceSettings

from ..common.errors import StageError
from ..common.files import check_checkpoint
from ..data import CALIBRATION, PHOTO, load_splits
from ..data.split_files import photo_bytes
from ..settings import CropSettings, RunSettings

SHARE = "face_share"  # column: the box's longer side over the photo's shorter side


LANDMARKS = "landmarks"  # column: x, y of eyes, nose and mouth's corners in px of the stored crop


FACES_FILE = "faces.json"


MAKE_ANEW = "use the recipe they were made with, or run `make crops` again."


@cache
def finder() -> FaceFinder:
    """One detector for each process, with one thread: the processes share the cores."""
    return FaceFinder(FaceSettings(threads=1))


def read_row(row: dict[str, Any], size: int, margin: float) -> tuple[Photo, list[Face]]:
    """A row's photo and faces, as serving reads them; a grey photo if it cannot be read."""
    try:
        with enough_memory():
            return open_and_find(photo_bytes(row[PHOTO]), finder(), size, margin)
    except PhotoError:
        return grey_photo(), []


def open_row(row: dict[str, Any], side: int) -> Photo:
    """A row's photo, to show `side` px wide; a grey one if it cannot be read."""
    try:
        return open_photo(photo_bytes(row[PHOTO]), side=side)
    except PhotoError:
        return grey_photo()


def grey_photo() -> Photo:
    """Nothing -> the stand-in for a photo that cannot be read."""
    return Photo(np.full((64, 64, 3), GREY, np.uint8), 64, 64)


def share_of(photo: Photo, face: Face) -> float:
    """A photo and a face -> the box's longer side over the photo's shorter side."""
    left, top, right, bottom = face.box
    return max(right - left, bottom - top) / min(photo.width, photo.height)


def landmarks_in_crop(face: Face, size: int, margin: float) -> list[float]:
    """A face -> its landmarks as x, y, x, y, ... in px of the crop that crop_face cuts."""
    center_x, center_y, half = square_of(face, margin)
    places: list[float] = []
    for x, y in face.landmarks:
        x, y = (
            (place - center + half) * size / (2 * half)
            for place, center in ((x, center_x), (y, center_y))
        )
        for _ in range(face.turn % 4):
            x, y = y, size - x
        places += [x, y]
    return places


def with_margin(settings: CropSettings, base_model: str) -> CropSettings:
    """Settings without a margin -> with the one the base model reads crops with, else 0.

    Raises StageError if the base model cannot be opened.
    """
    if settings.margin is not None:
        return settings
    margin = base_margin(base_model) if base_model else None
    if margin is not None:
        print(f"margin {margin}, as {base_model} reads crops")
    return replace(settings, margin=margin or 0.0)


def base_margin(checkpoint: str) -> float | None:
    """A checkpoint's folder or Hub name -> the margin in its `config.json`. Raises StageError."""
    from transformers import PreTrainedConfig  # slow to import, and workers do not need it

    check_checkpoint(checkpoint)
    try:
        config, _ = PreTrainedConfig.get_config_dict(checkpoint)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise StageError(f"The config of {checkpoint} cannot be read: {reason}") from error
    margin: float | None = (config.get("face_gender") or {}).get("margin")
    return margin


def cropped_margin(run: RunSettings) -> float | None:
    """A run -> the margin that its crops were cut with; None where that is not noted."""
    note = run.folder("crops") / FACES_FILE
    margin: float | None = json.loads(note.read_text()).get("margin") if note.is_file() else None
    return margin


def as_cropped(run: RunSettings, settings: CropSettings) -> CropSettings:
    """Settings without a margin -> with the one that the run's crops were cut with, if any."""
    if settings.margin is not None:
        return settings
    return replace(settings, margin=cropped_margin(run))


def load_crops(run: RunSettings, settings: CropSettings) -> DatasetDict:
    """A run's crops. Raises StageError if there are none, or they were cut with other settings."""
    splits = load_splits(run.folder("crops"))
    check_stored(splits[CALIBRATION], settings)
    found = cropped_margin(run)
    if None not in (found, settings.margin) and found != settings.margin:
        raise StageError(
            f"The crops have a margin of {found}, not {settings.margin} (--margin): {MAKE_ANEW}"
        )
    return splits


def check_stored(crops: Dataset, settings: CropSettings) -> None:
    """Raises StageError if crops were stored for another size, which would add black edges."""
    side, wanted = crops[0][PHOTO].width, settings.stored_size
    if side != wanted:
        size = f"--crop_size {settings.crop_size} needs {wanted}"
        raise StageError(f"The crops are {side} px wide, but {size}: {MAKE_ANEW}")
