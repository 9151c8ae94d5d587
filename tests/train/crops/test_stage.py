"""Clean data -> crops: shards, what is done twice, what is missed, and killed at any moment."""

import io
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from datasets import Image as Photo
from PIL import Image

from face_gender.crops import crop_face
from face_gender.photo import open_photo
from face_gender.reader import open_and_find
from face_gender.settings import FaceSettings
from tests.conftest import ROOT
from tests.support.site import jpeg
from tests.train.data.test_stage import digest_of
from train.common.errors import StageError
from train.common.sheets import LINE, SIDE
from train.crops import stage as crops
from train.crops.read import (
    LANDMARKS,
    SHARE,
    as_cropped,
    load_crops,
    read_row,
    with_margin,
)
from train.crops.stage import crop_bytes, crop_row, key_of, plan_shards, write_crops
from train.data import CALIBRATION, LABEL, PHOTO, SELECTION, TEST, TRAIN, load_splits, write_splits
from train.evaluate.protocol import center_face
from train.fit.augment import middle
from train.settings import CropSettings, RunSettings

SMALL = CropSettings(crop_size=32, margin=0.0)


def write_clean(folder: Path, photos: list[bytes], age: str = "20-29") -> RunSettings:
    """The same photos as every part of a run's clean data, one class after the other."""
    features = Features(
        {PHOTO: Photo(decode=False), LABEL: ClassLabel(names=["f", "m"]), "age": Value("string")}
    )
    rows = [
        {PHOTO: {"bytes": photo, "path": None}, LABEL: row % 2, "age": age}
        for row, photo in enumerate(photos)
    ]
    part = Dataset.from_list(rows, features)
    run = RunSettings(str(folder))
    write_splits(
        DatasetDict({name: part for name in (TRAIN, SELECTION, CALIBRATION, TEST)}),
        run.folder("data"),
    )
    return run


@pytest.fixture(scope="module")
def faces(astronaut) -> list[bytes]:
    """Twelve small photos of one face, each moved a little, as JPEG."""
    photos = []
    for number in range(12):
        packed = io.BytesIO()
        Image.fromarray(astronaut[20 + number : 240 + number, 100 : 320 + number]).save(
            packed, "JPEG", quality=90
        )
        photos.append(packed.getvalue())
    return photos


def test_crops_are_the_servings_and_misses_are_counted_by_group(tmp_path, faces, finder):
    run = write_clean(tmp_path, [*faces[:3], jpeg(0), b"no picture"])
    write_crops(run, SMALL)
    parts = load_splits(run.folder("crops"))
    assert {name: len(part) for name, part in parts.items()} == {
        TRAIN: 3,
        SELECTION: 3,
        CALIBRATION: 3,
    }
    row = parts[TRAIN][1]
    photo = open_photo(faces[1])
    wanted = crop_face(photo, finder.find_faces(photo)[0], SMALL.stored_size, SMALL.stored_margin)
    np.testing.assert_array_equal(np.asarray(row[PHOTO]), wanted)
    assert (row[LABEL], row["age"], len(row[LANDMARKS])) == (1, "20-29", 10)
    noted = json.loads((run.folder("crops") / "faces.json").read_text())
    assert noted["median_share"] == pytest.approx(np.median(parts[TRAIN][SHARE]))
    assert noted["dropped"][TRAIN] == {
        "missed": 2,
        "of": 5,
        "groups": {"label": {"f": {"missed": 1, "of": 3}, "m": {"missed": 1, "of": 2}}},
    }


@pytest.mark.parametrize(
    ("given", "based", "margin"), [(None, False, 0.0), (None, True, 0.1), (0.0, True, 0.0)]
)
def test_the_margin_is_the_base_models_unless_one_is_given(
    given, based, margin, small_model, tmp_path
):
    found = with_margin(replace(SMALL, margin=given), str(small_model) if based else "")
    assert found.margin == margin
    run = RunSettings(str(tmp_path))
    free = replace(SMALL, margin=None)
    assert as_cropped(run, free) == free
    (tmp_path / "crops").mkdir()
    (tmp_path / "crops" / "faces.json").write_text(json.dumps({"margin": margin}))
    assert as_cropped(run, free).margin == margin
    assert as_cropped(run, replace(SMALL, margin=0.7)).margin == 0.7


def test_crops_of_another_margin_are_not_trained_on(tmp_path, faces):
    run = write_clean(tmp_path, faces[:3])
    write_crops(run, SMALL)
    assert len(load_crops(run, SMALL)[TRAIN]) == 3
    sheet = Image.open(run.folder("crops") / "samples.png")
    assert sheet.size == (8 * SIDE, SIDE + 3 * LINE)
    assert np.asarray(sheet)[:SIDE, 3 * SIDE :].min() == 255, "three faces, no more"
    with pytest.raises(StageError, match="have a margin of 0.0, not 0.3"):
        load_crops(run, replace(SMALL, margin=0.3))


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_test_photo_that_cannot_be_read_counts_as_missed(content):
    photo, faces = read_row({PHOTO: {"bytes": content, "path": None}}, 96, 0.0)
    assert (faces, center_face(photo, 0.5).box) == ([], (16, 16, 48, 48))


def test_large_photos_are_decoded_as_serving_decodes_them(finder, astronaut):
    packed = io.BytesIO()
    Image.fromarray(astronaut).resize((2048, 2048)).save(packed, "JPEG", quality=90)
    row = {PHOTO: {"bytes": packed.getvalue(), "path": None}}
    photo, faces = open_and_find(packed.getvalue(), finder, SMALL.crop_size, SMALL.margin)
    assert photo.scale < 1
    stored = Image.open(io.BytesIO(crop_row(row, SMALL)[PHOTO]["bytes"]))
    served = crop_face(photo, faces[0], SMALL.crop_size, SMALL.margin)
    np.testing.assert_array_equal(np.asarray(middle(stored, SMALL.crop_size)), served)


def test_a_second_run_does_only_what_changed(tmp_path, faces):
    run = write_clean(tmp_path, faces[:2])
    write_crops(run, SMALL)
    first = {path: path.stat().st_mtime_ns for path in run.folder("crops").glob("*.parquet")}
    write_crops(run, SMALL)
    assert {path: path.stat().st_mtime_ns for path in first} == first
    write_clean(tmp_path, faces[:2], age="30-39")
    write_crops(run, SMALL)
    assert all(path.stat().st_mtime_ns > before for path, before in first.items())
    assert load_splits(run.folder("crops"))[TRAIN]["age"][:] == ["30-39"] * 2
    write_crops(run, CropSettings(crop_size=40))
    assert load_splits(run.folder("crops"))[TRAIN][0][PHOTO].width == 50


def test_a_shard_does_not_hang_on_the_machines_cores(monkeypatch):
    one = key_of([], SMALL)
    monkeypatch.setattr(
        crops, "FaceSettings", lambda **given: FaceSettings(**{"threads": 3, **given})
    )
    assert key_of([], SMALL) == one


def test_leftovers_of_another_run_go(tmp_path, faces):
    run = write_clean(tmp_path, faces[:2])
    run.folder("crops").mkdir()
    for name in (
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "old.parquet.part",
    ):
        (run.folder("crops") / name).write_bytes(b"old")
    write_crops(run, SMALL)
    kept = {path.name for path in run.folder("crops").iterdir()}
    assert kept == {
        "faces.json",
        "samples.png",
        *(f"{name}-00000-of-00001.parquet" for name in (TRAIN, SELECTION, CALIBRATION)),
    }


@pytest.mark.parametrize(("size", "rows"), [(32, 500), (96, 500), (224, 210), (512, 40)])
def test_shards_are_at_most_50_mb(tmp_path, size, rows):
    settings = CropSettings(crop_size=size)
    part = Dataset.from_dict({"row": range(1000)})
    jobs = plan_shards(DatasetDict({TRAIN: part}), tmp_path, settings)
    assert [job[1:3] for job in jobs[:2]] == [(0, rows), (rows, 2 * rows)]
    assert jobs[-1][2] == 1000
    assert rows * crop_bytes(settings) <= 50_000_000


@pytest.mark.parametrize(
    ("wreck", "said"),
    [
        (lambda run: None, "No face was found in any of the 1 photos"),
        (
            lambda run: (run.folder("data") / "unfinished").touch(),
            "is unfinished: run `make data` again",
        ),
        (
            lambda run: [path.unlink() for path in run.folder("data").glob("*")],
            "There are no faces in .*: run `make data",
        ),
    ],
)
def test_nothing_to_crop_is_one_sentence(tmp_path, wreck, said):
    run = write_clean(tmp_path, [jpeg(0)])
    wreck(run)
    with pytest.raises(StageError, match=said):
        write_crops(run, SMALL)


@pytest.mark.slow
def test_killed_at_any_moment_and_run_again(tmp_path, faces):
    """Shards of the run that was killed count; what it left is not taken for a whole."""
    write_clean(tmp_path / "wild", faces * 2)
    write_clean(tmp_path / "calm", faces * 2)
    large = CropSettings(crop_size=800)
    write_crops(RunSettings(str(tmp_path / "calm")), large)
    line = [sys.executable, "-m", "train.crops", "--crop_size", "800", "--out"]
    crops = tmp_path / "wild/crops"
    with subprocess.Popen(
        [*line, str(tmp_path / "wild")], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        while len(list(crops.glob("*.parquet"))) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    with pytest.raises(StageError, match="is unfinished"):
        load_splits(crops)
    kept = {path: path.stat().st_mtime_ns for path in sorted(crops.glob("*.parquet"))}
    write_crops(RunSettings(str(tmp_path / "wild")), large)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert digest_of(crops) == digest_of(tmp_path / "calm/crops")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["data", "crops"])
def test_a_full_disk_stops_the_stage_with_a_sentence_and_it_resumes(tmp_path, faces, stage):
    write_clean(tmp_path, faces)
    for number, content in enumerate(faces):
        path = tmp_path / "raw" / "fm"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    line = [sys.executable, "-m", f"train.{stage}", "--out", str(tmp_path)]
    line += ["--data", str(tmp_path / "raw"), "--near", "0"] if stage == "data" else []
    if stage == "crops":
        load_splits(tmp_path / "data")  # datasets' own copy is made before
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (4_000, limit[1])
    )  # stands for a full disk, and is inherited
    try:
        ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith("The disk is full")
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.rglob("*.part"))
    subprocess.run(line, cwd=ROOT, capture_output=True, check=True)
