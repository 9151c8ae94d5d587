"""Clean data -> crops, by serving's find_faces and crop_face: `python -m train.crops`."""

import io
import json
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

from face_gender.crops import crop_face
from face_gender.runtime.files import atomic_write, write_text
from face_gender.settings import FaceSettings, PhotoSettings, from_environment

from ..common.errors import StageError
from ..common.files import check_disk
from ..common.parallel import in_all_cores
from ..common.run_recipe import keep_recipe
from ..common.sheets import SHOWN, write_sheet
from ..data import CALIBRATION, LABEL, PHOTO, SELECTION, TRAIN, load_splits, names_of
from ..data.charts import count_groups
from ..data.split_files import UNFINISHED, file_names
from ..settings import ArchitectureSettings, CropSettings, RunSettings
from .read import FACES_FILE, LANDMARKS, SHARE, landmarks_in_crop, read_row, share_of, with_margin

SHARD_BYTES = 50_000_000  # of a parquet file, at most
SHARD_ROWS = 500  # at most; a killed run repeats that many
SAMPLES = "samples.png"
NOTE = b"crops"  # key of a shard's metadata: its rows' digest, and rows without a face

Job = tuple[str, int, int, Path]  # split, first row, row after the last, file


def crop_row(row: dict[str, Any], settings: CropSettings) -> dict[str, Any]:
    """A photo's row -> its largest face's crop (PNG), share and landmarks; None without a face."""
    photo, faces = read_row(row, settings.stored_size, settings.stored_margin)
    if not faces:
        return {PHOTO: None, SHARE: None, LANDMARKS: None}
    crop = crop_face(photo, faces[0], settings.stored_size, settings.stored_margin)
    packed = io.BytesIO()
    Picture.fromarray(crop).save(packed, "PNG", compress_level=1)
    share = share_of(photo, faces[0])
    landmarks = landmarks_in_crop(faces[0], settings.stored_size, settings.stored_margin)
    return {PHOTO: {"bytes": packed.getvalue(), "path": None}, SHARE: share, LANDMARKS: landmarks}


def crop_faces(
    run: RunSettings, settings: CropSettings, architecture: ArchitectureSettings
) -> None:
    """Crop every training face as the base model reads it, unless a margin is given."""
    write_crops(run, with_margin(settings, architecture.base_model))


def write_crops(run: RunSettings, settings: CropSettings) -> None:
    """Crop every training face, shard by shard; evaluation finds the test's faces itself.

    Existing shards of the same rows and settings are kept. Raises StageError.
    """
    settings = with_margin(settings, "")
    folder, splits = run.folder("crops"), undecoded_splits(run)
    there = sum(path.stat().st_size for path in folder.glob("[!.]*.parquet"))
    check_disk(folder, sum(len(split) for split in splits.values()) * crop_bytes(settings) - there)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / UNFINISHED).touch()
    jobs = plan_shards(splits, folder, settings)
    missed = write_shards(splits, settings, jobs)
    found = {*folder.glob("[!.]*.parquet"), *folder.glob("*.part")}
    for stale in found - {path for *_, path in jobs}:
        stale.unlink()
    dropped = {name: count_missed(split, missed[name]) for name, split in splits.items()}
    share = median_share(folder, len(splits[TRAIN]))
    faces = {"margin": settings.margin_used, "median_share": share, "dropped": dropped}
    write_text(folder / FACES_FILE, json.dumps(faces, indent=1) + "\n")
    (folder / UNFINISHED).unlink()
    write_samples(folder)
    keep_recipe(run, settings)
    counted = (f"{name} {count['missed']} of {count['of']}" for name, count in dropped.items())
    print("no face found:", ", ".join(counted))


def write_samples(folder: Path) -> None:
    """A run's crops -> samples.png: training faces of every class, with label and file name."""
    faces = load_splits(folder)[TRAIN]
    labels = np.array(faces[LABEL])
    of_class = [
        np.flatnonzero(labels == label) for label in range(faces.features[LABEL].num_classes)
    ]
    each = SHOWN // max(1, len(of_class))
    even = [
        rows[np.linspace(0, len(rows) - 1, min(each, len(rows)), dtype=int)] for rows in of_class
    ]
    chosen = faces.select(np.concatenate(even))
    names, classes = (
        file_names(chosen.cast_column(PHOTO, Image(decode=False))),
        names_of(chosen, LABEL),
    )
    told = zip(chosen[PHOTO], classes, names, strict=True)
    write_sheet(((photo, (label or "", name)) for photo, label, name in told), folder / SAMPLES)
    print(f"{folder / SAMPLES}: look whether the labels are right before you train")


def undecoded_splits(run: RunSettings) -> DatasetDict:
    """A run -> its splits of clean data that are cropped, with photos as files' bytes."""
    splits = load_splits(run.folder("data"))
    kept = {name: splits[name] for name in (TRAIN, SELECTION, CALIBRATION)}
    return DatasetDict(
        {name: split.cast_column(PHOTO, Image(decode=False)) for name, split in kept.items()}
    )


def write_shards(
    splits: DatasetDict, settings: CropSettings, jobs: list[Job]
) -> dict[str, list[int]]:
    """Splits -> shards on disk, and by split the rows without a face."""
    made = in_all_cores(write_shard, (splits, settings), jobs)
    bar = tqdm(made, "crops", len(jobs), unit=" shards", mininterval=1, disable=None)
    missed: dict[str, list[int]] = {name: [] for name in splits}
    for (name, start, *_), rows in zip(jobs, bar, strict=True):
        missed[name] += [start + row for row in rows]
    return missed


def crop_bytes(settings: CropSettings) -> int:
    """The most bytes a stored crop takes: its pixels uncompressed, and its columns."""
    return 3 * settings.stored_size**2 + 2000


def plan_shards(splits: DatasetDict, folder: Path, settings: CropSettings) -> list[Job]:
    """Splits -> shards, none over SHARD_BYTES even if PNG compresses nothing."""
    rows = min(SHARD_ROWS, SHARD_BYTES // crop_bytes(settings))
    jobs = []
    for name, split in splits.items():
        count = ceil(len(split) / rows)
        for number in range(count):
            path = folder / f"{name}-{number:05d}-of-{count:05d}.parquet"
            jobs.append((name, number * rows, min((number + 1) * rows, len(split)), path))
    return jobs


def write_shard(splits: DatasetDict, settings: CropSettings, job: Job) -> list[int]:
    """Rows of a split -> a parquet file of their crops, unless it exists; rows without a face."""
    name, start, end, path = job
    rows = splits[name].select(range(start, end)).to_list()
    key, done = key_of(rows, settings), read_note(path)
    if done.get("key") == key:
        return done["missed"]
    crops = [row | crop_row(row, settings) for row in rows]
    missed = [row for row, crop in enumerate(crops) if not crop[PHOTO]]
    features = Features(
        {
            **splits[name].features,
            PHOTO: Image(),
            SHARE: Value("float64"),
            LANDMARKS: List(Value("float32")),
        }
    )
    schema = features.arrow_schema
    schema = schema.with_metadata(
        {**schema.metadata, NOTE: json.dumps({"key": key, "missed": missed})}
    )
    with atomic_write(path) as beside:
        parquet.write_table(
            arrow.Table.from_pylist([crop for crop in crops if crop[PHOTO]], schema), beside
        )
    return missed


def key_of(rows: list[dict[str, Any]], settings: CropSettings) -> str:
    """Rows and settings -> a digest of everything a shard depends on."""
    limits = from_environment(PhotoSettings)
    asked = (settings, FaceSettings(threads=1), *([] if limits == PhotoSettings() else [limits]))
    digest = blake2b(repr(asked).encode(), digest_size=16)
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def read_note(path: Path) -> dict[str, Any]:
    """A shard's file -> its note; empty if there is no such file."""
    return json.loads(parquet.read_schema(path).metadata[NOTE]) if path.is_file() else {}


def count_missed(split: Dataset, missed: list[int]) -> dict[str, Any]:
    """Photos, and those without a face -> how many `missed`, `of` how many, also by group."""
    counted = count_groups(DatasetDict({"missed": split.select(missed), "of": split}))
    groups = {column: counts.to_dict("index") for column, counts in counted.items()}
    return {"missed": len(missed), "of": len(split), "groups": groups}


def median_share(folder: Path, photos: int) -> float:
    """Train's shards -> the median of their faces' share. Raises StageError without a face."""
    shares = parquet.read_table(sorted(folder.glob(f"{TRAIN}-*.parquet")), columns=[SHARE])[
        SHARE
    ].to_numpy()
    if not len(shares):
        raise StageError(f"No face was found in any of the {photos} photos to train on.")
    return float(np.median(shares))
