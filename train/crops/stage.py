"""Clean data -> crops, with the Space's own find_faces and crop_face: `python -m train.crops`."""

import io
import json
from functools import cache
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
from datasets import Dataset, DatasetDict, Features, Image, List, Value
from PIL import Image as Picture
from tqdm import tqdm

from face_gender.crops import GREY, crop_face, square_of
from face_gender.faces import Face, FaceFinder
from face_gender.photo import Photo, PhotoError, open_photo
from face_gender.reader import open_and_find
from face_gender.runtime.files import atomic_write, write_text
from face_gender.settings import FaceSettings

from ..common.stages import StageError, check_disk, in_all_cores
from ..data import CALIBRATION, PHOTO, SELECTION, TRAIN, load_parts
from ..data.charts import count_groups
from ..data.parts import UNFINISHED
from ..settings import CropSettings, RunSettings

SHARE = "face_share"  # column: the box's longer side over the photo's shorter side
LANDMARKS = "landmarks"  # column: x and y of both eyes, the nose and both corners of the mouth, in px of the stored crop
FACES_FILE = "faces.json"
SHARD_BYTES = 50_000_000  # of a parquet file, at most
SHARD_ROWS = 500  # at most: what a killed run has to do again
MAKE_ANEW = "take the recipe they were made with, or make them anew with `python -m train.crops`."
NOTE = b"crops"  # key of a shard's metadata: what it was made of, and which of its rows had no face

Job = tuple[str, int, int, Path]  # part, first row, row after the last, file


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


def crop_row(row: dict[str, Any], settings: CropSettings) -> dict[str, Any]:
    """A photo's row -> the same with its largest face's crop (PNG) in `photo`; empty where there is none."""
    photo, faces = read_row(row, settings.stored_size, settings.stored_margin)
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


def write_crops(run: RunSettings, settings: CropSettings) -> None:
    """Crop every face that is trained on, shard by shard; the test keeps its photos: evaluation finds faces as serving does.

    Shards that are there already, made of the same rows with the same settings, are kept. Raises StageError.
    """
    every, folder = load_parts(run.folder("data")), run.folder("crops")
    parts = DatasetDict({name: every[name].cast_column(PHOTO, Image(decode=False)) for name in (TRAIN, SELECTION, CALIBRATION)})
    there = sum(path.stat().st_size for path in folder.glob("[!.]*.parquet"))
    check_disk(folder, sum(len(part) for part in parts.values()) * crop_bytes(settings) - there)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / UNFINISHED).touch()
    jobs = plan_shards(parts, folder, settings)
    made = tqdm(in_all_cores(write_shard, (parts, settings), jobs), "crops", len(jobs), unit=" shards", mininterval=1)
    missed: dict[str, list[int]] = {name: [] for name in parts}
    for (name, start, *_), rows in zip(jobs, made, strict=True):
        missed[name] += [start + row for row in rows]
    for stale in {*folder.glob("[!.]*.parquet"), *folder.glob("*.part")} - {path for *_, path in jobs}:
        stale.unlink()
    dropped = {name: count_missed(part, missed[name]) for name, part in parts.items()}
    faces = {"margin": settings.margin, "median_share": median_share(folder, len(parts[TRAIN])), "dropped": dropped}
    write_text(folder / FACES_FILE, json.dumps(faces, indent=1) + "\n")
    (folder / UNFINISHED).unlink()
    print("no face found:", ", ".join(f"{name} {counts['missed']} of {counts['of']}" for name, counts in dropped.items()))


def load_crops(run: RunSettings, settings: CropSettings) -> DatasetDict:
    """A run's crops. Raises StageError where there are none, or they were cut with other settings than are asked for."""
    parts, note = load_parts(run.folder("crops")), run.folder("crops") / FACES_FILE
    check_stored(parts[CALIBRATION], settings)
    margin = json.loads(note.read_text()).get("margin", settings.margin) if note.is_file() else settings.margin
    if margin != settings.margin:
        raise StageError(f"The crops have a margin of {margin}, but --margin {settings.margin} is asked for: {MAKE_ANEW}")
    return parts


def check_stored(crops: Dataset, settings: CropSettings) -> None:
    """Raises StageError where crops were stored for another size than is asked for now: the network would see black edges."""
    side, wanted = crops[0][PHOTO].width, settings.stored_size
    if side != wanted:
        raise StageError(f"The crops are {side} px wide, but --crop_size {settings.crop_size} wants {wanted}: {MAKE_ANEW}")


def crop_bytes(settings: CropSettings) -> int:
    """A stored crop's bytes, at most: as many as unpacked, and its columns."""
    return 3 * settings.stored_size**2 + 2000


def plan_shards(parts: DatasetDict, folder: Path, settings: CropSettings) -> list[Job]:
    """Parts -> shards, none over SHARD_BYTES even where PNG packs nothing."""
    rows = min(SHARD_ROWS, SHARD_BYTES // crop_bytes(settings))
    jobs = []
    for name, part in parts.items():
        count = ceil(len(part) / rows)
        for number in range(count):
            path = folder / f"{name}-{number:05d}-of-{count:05d}.parquet"
            jobs.append((name, number * rows, min((number + 1) * rows, len(part)), path))
    return jobs


def write_shard(parts: DatasetDict, settings: CropSettings, job: Job) -> list[int]:
    """Some rows of a part -> a parquet file of their crops, unless it is there already; gives which rows have no face."""
    name, start, end, path = job
    rows = parts[name].select(range(start, end)).to_list()
    key, done = key_of(rows, settings), read_note(path)
    if done.get("key") == key:
        return done["missed"]
    crops = [row | crop_row(row, settings) for row in rows]
    missed = [row for row, crop in enumerate(crops) if not crop[PHOTO]]
    features = Features({**parts[name].features, PHOTO: Image(), SHARE: Value("float64"), LANDMARKS: List(Value("float32"))})
    schema = features.arrow_schema
    schema = schema.with_metadata({**schema.metadata, NOTE: json.dumps({"key": key, "missed": missed})})
    with atomic_write(path) as beside:
        parquet.write_table(arrow.Table.from_pylist([crop for crop in crops if crop[PHOTO]], schema), beside)
    return missed


def key_of(rows: list[dict[str, Any]], settings: CropSettings) -> str:
    """Rows and settings -> a digest of all that a shard is made of."""
    digest = blake2b(repr((settings, FaceSettings(threads=1))).encode(), digest_size=16)
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def read_note(path: Path) -> dict[str, Any]:
    """A shard's file -> its note; empty where there is no such file."""
    return json.loads(parquet.read_schema(path).metadata[NOTE]) if path.is_file() else {}


def count_missed(part: Dataset, missed: list[int]) -> dict[str, Any]:
    """Photos, and which have no face -> how many, `of` how many, whole and by each column's groups."""
    counted = count_groups(DatasetDict({"missed": part.select(missed), "of": part}))
    groups = {column: counts.to_dict("index") for column, counts in counted.items()}
    return {"missed": len(missed), "of": len(part), "groups": groups}


def median_share(folder: Path, photos: int) -> float:
    """Train's shards -> the median of their faces' share. Raises StageError where there is no face."""
    shares = parquet.read_table(sorted(folder.glob(f"{TRAIN}-*.parquet")), columns=[SHARE])[SHARE].to_numpy()
    if not len(shares):
        raise StageError(f"No face was found in any of the {photos} photos to train on.")
    return float(np.median(shares))
