"""Clean data -> crops, with the Space's own find_faces and crop_face: `python -m train.crops`."""

import io
import json
import os
from collections import Counter
from functools import cache
from statistics import median
from typing import Any

from datasets import Dataset, DatasetDict, Features, Image, List, Value
from PIL import Image as Picture

from space.face_gender.crops import crop_face, square_of
from space.face_gender.faces import Face, FaceFinder
from space.face_gender.photo import PhotoError, open_photo
from space.face_gender.tables import write_text

from .data import CALIBRATION, LABEL, PHOTO, SELECTION, TRAIN, load_parts, write_parts
from .settings import CropSettings, RunSettings, parse

SHARE = "face_share"  # column: the box's longer side over the photo's shorter side
LANDMARKS = "landmarks"  # column: x and y of both eyes, the nose and both corners of the mouth, in px of the stored crop
FACES_FILE = "faces.json"


@cache
def finder() -> FaceFinder:
    """One detector a process."""
    return FaceFinder()


def crop_row(row: dict[str, Any], settings: CropSettings) -> dict[str, Any]:
    """A photo's row -> the same with its largest face's crop (PNG) in `photo`; empty where there is no photo or no face."""
    try:
        photo = open_photo(row[PHOTO]["bytes"])
    except PhotoError:
        return {PHOTO: None, SHARE: None, LANDMARKS: None}
    faces = finder().find_faces(photo)
    if not faces:
        return {PHOTO: None, SHARE: None, LANDMARKS: None}
    crop = crop_face(photo, faces[0], settings.stored_size, settings.stored_margin)
    packed = io.BytesIO()
    Picture.fromarray(crop).save(packed, "PNG", compress_level=1)
    left, top, right, bottom = faces[0].box
    share = max(right - left, bottom - top) / min(photo.width, photo.height)
    landmarks = landmarks_in_crop(faces[0], settings.stored_size, settings.stored_margin)
    return {PHOTO: {"bytes": packed.getvalue(), "path": None}, SHARE: share, LANDMARKS: landmarks}


def landmarks_in_crop(face: Face, size: int, margin: float) -> list[float]:
    """A face -> its landmarks as x, y, x, y, ... in px of the upright crop that crop_face cuts of it."""
    center_x, center_y, half = square_of(face, margin)
    places: list[float] = []
    for x, y in face.landmarks:
        x, y = ((place - center + half) * size / (2 * half) for place, center in ((x, center_x), (y, center_y)))
        for _ in range(face.turn % 4):
            x, y = y, size - x
        places += [x, y]
    return places


def crop_part(part: Dataset, settings: CropSettings, name: str) -> Dataset:
    """Photos -> crops, one a photo, in all cores; `photo` is empty where no face was found."""
    photos = part.cast_column(PHOTO, Image(decode=False))
    features = Features({**photos.features, SHARE: Value("float64"), LANDMARKS: List(Value("float32"))})
    options = {"settings": settings}
    return photos.map(crop_row, fn_kwargs=options, features=features, num_proc=os.cpu_count(), desc=f"crops of {name}")


def keep_found(made: Dataset) -> tuple[Dataset, dict[str, int]]:
    """Crops -> those with a face, and how many of each class have none."""
    shares = made[SHARE]
    labels = made.features[LABEL].names
    found = [row for row, share in enumerate(shares) if share is not None]
    missed = [row for row, share in enumerate(shares) if share is None]
    return made.select(found), dict(Counter(labels[label] for label in made.select(missed)[LABEL]))


def write_crops(run: RunSettings, settings: CropSettings) -> None:
    """Crop every face that is trained on; the test keeps its photos, for evaluation finds faces as serving does."""
    parts = load_parts(run.folder("data"))
    cropped, dropped = DatasetDict(), {}
    for name in (TRAIN, SELECTION, CALIBRATION):
        cropped[name], dropped[name] = keep_found(crop_part(parts[name], settings, name))
    write_parts(cropped, run.folder("crops"))
    faces = {"median_share": median(cropped[TRAIN][SHARE]), "dropped": dropped}
    write_text(run.folder("crops") / FACES_FILE, json.dumps(faces, indent=1) + "\n")
    print("no face found:", json.dumps(dropped))


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    write_crops(*parse(RunSettings, CropSettings, arguments=arguments))


if __name__ == "__main__":
    main()
