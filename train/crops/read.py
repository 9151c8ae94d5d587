"""Stored crops and rows of photos -> what training, evaluation and baselines read of them."""

import json
from functools import cache
from typing import Any

import numpy as np
from datasets import Dataset, DatasetDict

from face_gender.crops import GREY, square_of
from face_gender.faces import Face, FaceFinder
from face_gender.photo import Photo, PhotoError, open_photo
from face_gender.reader import open_and_find
from face_gender.settings import FaceSettings

from ..common.errors import StageError
from ..data import CALIBRATION, PHOTO, load_splits
from ..settings import CropSettings, RunSettings

SHARE = "face_share"  # column: the box's longer side over the photo's shorter side


LANDMARKS = "landmarks"  # column: x and y of both eyes, the nose and both corners of the mouth, in px of the stored crop


FACES_FILE = "faces.json"


MAKE_ANEW = "take the recipe they were made with, or make them anew with `python -m train.crops`."


@cache
def finder() -> FaceFinder:
    """One detector a process, and one thread: the processes share the cores."""
    return FaceFinder(FaceSettings(threads=1))


def read_row(row: dict[str, Any], size: int, margin: float) -> tuple[Photo, list[Face]]:
    """A row's photo and faces, as serving reads them; where it cannot be read, as the test's may be, a grey one without."""
    try:
        return open_and_find(row[PHOTO]["bytes"], finder(), size, margin)
    except PhotoError:
        return grey_photo(), []


def open_row(row: dict[str, Any], side: int) -> Photo:
    """A row's photo, to be shown `side` px wide; a grey one where it cannot be read."""
    try:
        return open_photo(row[PHOTO]["bytes"], side=side)
    except PhotoError:
        return grey_photo()


def grey_photo() -> Photo:
    """What stands for a photo that cannot be read."""
    return Photo(np.full((64, 64, 3), GREY, np.uint8), 64, 64)


def landmarks_in_crop(face: Face, size: int, margin: float) -> list[float]:
    """A face -> its landmarks as x, y, x, y, ... in px of the upright crop that crop_face cuts of it."""
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


def load_crops(run: RunSettings, settings: CropSettings) -> DatasetDict:
    """A run's crops. Raises StageError where there are none, or they were cut with other settings than are asked for."""
    splits, note = load_splits(run.folder("crops")), run.folder("crops") / FACES_FILE
    check_stored(splits[CALIBRATION], settings)
    margin = (
        json.loads(note.read_text()).get("margin", settings.margin)
        if note.is_file()
        else settings.margin
    )
    if margin != settings.margin:
        raise StageError(
            f"The crops have a margin of {margin}, but --margin {settings.margin} is asked for: {MAKE_ANEW}"
        )
    return splits


def check_stored(crops: Dataset, settings: CropSettings) -> None:
    """Raises StageError where crops were stored for another size than is asked for now: the network would see black edges."""
    side, wanted = crops[0][PHOTO].width, settings.stored_size
    if side != wanted:
        raise StageError(
            f"The crops are {side} px wide, but --crop_size {settings.crop_size} wants {wanted}: {MAKE_ANEW}"
        )
