"""One face in many looks: enough to run every stage on, though not to learn from."""

import io
from pathlib import Path

import numpy as np
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, List, Value
from PIL import Image as Picture
from PIL import ImageEnhance
from skimage import data

from train.crops.read import LANDMARKS, SHARE
from train.data import CALIBRATION, LABEL, PHOTO, SELECTION, TRAIN, write_splits

CLASSES = ("Male", "Female")
PLACES = [38.0, 45.0, 62.0, 45.0, 50.0, 58.0, 41.0, 70.0, 59.0, 70.0]  # landmarks of a 100 px crop


def look(rng: np.random.Generator, side: int = 200) -> Picture.Image:
    """The astronaut's face, randomly moved, flipped, tinted and made noisy."""
    left, top = rng.integers(110, 160), rng.integers(0, 40)
    face = (
        Picture.fromarray(data.astronaut())
        .crop((left, top, left + 240, top + 240))
        .resize((side, side))
    )
    if rng.random() < 0.5:
        face = face.transpose(Picture.Transpose.FLIP_LEFT_RIGHT)
    face = ImageEnhance.Brightness(face).enhance(rng.uniform(0.7, 1.2))
    noisy = np.asarray(face, float) * rng.uniform(0.85, 1.15, 3) + rng.normal(0, 6, (side, side, 3))
    return Picture.fromarray(noisy.clip(0, 255).astype(np.uint8))


def noise(seed: int, side: int = 64) -> Picture.Image:
    """Smooth noise, like no other picture."""
    cells = np.random.default_rng(seed).integers(0, 256, (9, 9, 3)).astype(np.uint8)
    return Picture.fromarray(cells).resize((side, side), Picture.Resampling.BICUBIC)


def write_image_folder(folder: Path, train: int, test: int) -> Path:
    """`train` and `test` photos of both classes -> an image folder, split train and validation."""
    rng = np.random.default_rng(0)
    for split, count in (("train", train), ("validation", test)):
        for number in range(count):
            place = folder / split / CLASSES[number % 2]
            place.mkdir(parents=True, exist_ok=True)
            look(rng).save(place / f"{number}.jpg", quality=92)
    return folder


def write_parquet_folder(folder: Path, train: int, test: int) -> Path:
    """The same photos as in FairFace: parquet files with image, gender, age and race."""
    rng = np.random.default_rng(0)
    classes = {
        "gender": CLASSES,
        "age": ("0-2", "3-9", "20-29", "more than 70"),
        "race": ("A", "B"),
    }
    kinds = {name: ClassLabel(names=list(names)) for name, names in classes.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", train), ("validation", test)):
        rows = []
        for number in range(count):
            packed = io.BytesIO()
            look(rng).save(packed, "JPEG", quality=92)
            group = {"gender": number % 2, "age": number // 2 % 4, "race": number // 4 % 2}
            rows.append({"image": {"bytes": packed.getvalue(), "path": None}, **group})
        Dataset.from_list(rows, features=Features({"image": Image(), **kinds})).to_parquet(
            folder / f"{split}.parquet"
        )
    return folder


def write_crops(folder: Path, counts: dict[str, int] | None = None, side: int = 60) -> Path:
    """Stored crops of `side` px with landmarks, as the crops stage leaves them in `folder`."""
    rng = np.random.default_rng(1)
    features = Features(
        {
            PHOTO: Image(),
            LABEL: ClassLabel(names=list(CLASSES)),
            SHARE: Value("float64"),
            LANDMARKS: List(Value("float32")),
        }
    )
    parts = {}
    for name, count in (counts or {TRAIN: 24, SELECTION: 8, CALIBRATION: 8}).items():
        rows = [row(rng, number, side) for number in range(count)]
        parts[name] = Dataset.from_list(rows, features=features)
    write_splits(DatasetDict(parts), folder)
    return folder


def row(rng: np.random.Generator, number: int, side: int) -> dict:
    packed = io.BytesIO()
    look(rng, side).save(packed, "PNG")
    places = [place * side / 100 for place in PLACES]
    return {
        PHOTO: {"bytes": packed.getvalue(), "path": None},
        LABEL: number % 2,
        SHARE: 0.6,
        LANDMARKS: places,
    }
