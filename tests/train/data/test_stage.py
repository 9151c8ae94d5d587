"""Raw data -> clean data: cleaning, splits, charts, and the whole stage on a folder of pictures."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import pytest
from datasets import Dataset, DatasetDict
from datasets import Image as Undecoded
from PIL import Image

from tests.conftest import ROOT
from tests.support.pictures import noise
from train.common.errors import StageError
from train.common.files import check_disk
from train.data import CALIBRATION, LABEL, PHOTO, SELECTION, TEST, TRAIN, load_splits, write_data
from train.data.charts import count_groups, draw_charts
from train.data.sources import load_data
from train.data.split_files import VALIDATION
from train.data.splits import assign_splits, carve
from train.data.stage import check_not_empty
from train.settings import DataSettings, RunSettings


def save(path: Path, seed: int, side: int = 64, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise(seed, side).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two classes of 30 pictures, and 5 of each held out."""
    for number in range(60):
        save(tmp_path / "raw/train" / ("female", "male")[number % 2] / f"{number:02}.png", number)
    for number in range(10):
        save(
            tmp_path / "raw/validation" / ("female", "male")[number % 2] / f"{number:02}.png",
            1000 + number,
        )
    return tmp_path / "raw"


def run_on(folder: Path, **settings) -> DatasetDict:
    run = RunSettings(out=str(folder.parent / "run"))
    write_data(run, DataSettings(data=str(folder), **settings))
    return load_splits(run.folder("data"))


def drops(folder: Path) -> pandas.DataFrame:
    return pandas.read_csv(folder.parent / "run/data/dropped.csv").set_index("file")


def test_carve_keeps_shares_people_and_most_of_it_when_a_photo_is_added():
    rng = np.random.default_rng(0)
    labels = pandas.Series(rng.choice(["f", "m"], 1000, p=[0.3, 0.7]))
    people = pandas.Series([f"{label}{number // 3}" for number, label in enumerate(labels)])
    taken = carve(labels, people, 200, "0")
    assert abs(len(taken) - 200) <= 3
    assert abs((labels[taken] == "f").mean() - (labels == "f").mean()) < 0.02
    assert not set(people[taken]) & set(people.drop(taken))
    one_more = [
        pandas.concat([pandas.Series([new]), old], ignore_index=True)
        for new, old in (("m", labels), ("new", people))
    ]
    more = carve(*one_more, 200, "0")
    assert len(set(more - 1) & set(taken)) >= 195
    assert set(carve(labels, people, 200, "1")) != set(taken)


@pytest.mark.parametrize(
    ("held_out", "sizes"),
    [
        ({}, (117, 33, 30, 20)),
        ({TEST: 30}, (114, 28, 28, 30)),
        ({TEST: 30, VALIDATION: 50}, (120, 25, 25, 30)),
    ],
)
def test_split_sizes(held_out, sizes):
    names = [name for name, count in held_out.items() for _ in range(count)]
    names = [TRAIN] * (200 - len(names)) + names
    photos = pandas.DataFrame(
        {"split": names, "label": ["f", "m"] * 100, "digest": map(str, range(200))}
    )
    splits = assign_splits(photos, DataSettings(selection=40, calibration=30, test=20), 0)
    counts = splits.value_counts()
    assert tuple(counts[name] for name in (TRAIN, SELECTION, CALIBRATION, TEST)) == sizes
    for name in held_out:
        kept = {TEST: {TEST}, VALIDATION: {SELECTION, CALIBRATION}}[name]
        assert set(splits[photos["split"] == name]) == kept


def test_the_stage(folder, capsys):
    """Every reason at once, the test as it is, and a second run that gives the same files."""
    save(folder / "train/female/again.png", 0)
    save(folder / "train/female/near.png", 2, side=80)
    save(folder / "train/male/contradicts.png", 4)
    save(folder / "train/male/of_test.jpg", 1001, quality=90)
    save(folder / "train/male/tiny.png", 77, side=20)
    (folder / "train/male/broken.jpg").write_bytes(b"no picture")
    (folder / "validation/male/broken.jpg").write_bytes(b"no picture")
    splits = run_on(folder)
    assert {name: len(split) for name, split in splits.items()} == {
        TRAIN: 41,
        SELECTION: 9,
        CALIBRATION: 9,
        TEST: 11,
    }
    assert splits[TRAIN].features[LABEL].names == ["female", "male"]
    assert drops(folder)["reason"].to_dict() == {
        "train/female/again.png": "exact duplicate",
        "train/female/near.png": "near duplicate",
        "train/male/contradicts.png": "duplicates with contradictory labels",
        "train/female/04.png": "duplicates with contradictory labels",
        "train/male/of_test.jpg": "duplicate of a test photo",
        "train/male/tiny.png": "too small",
        "train/male/broken.jpg": "unreadable",
    }
    detail = drops(folder)["detail"]["train/male/contradicts.png"]
    assert all(name in detail for name in ("train/female/04.png; ", "train/male/contradicts.png"))
    assert "test photos that cannot be read: 1" in capsys.readouterr().out
    report = json.loads((folder.parent / "run/data/report.json").read_text())
    assert report["parts"][TEST] == {"female": 5, "male": 6}
    assert sum(report["dropped"][TRAIN].values()) == 7
    with Image.open(folder.parent / "run/data/charts.png") as charts:
        assert charts.width > 1000
    first = digest_of(folder.parent / "run/data")
    run_on(folder)
    assert digest_of(folder.parent / "run/data") == first


def digest_of(folder: Path) -> dict[str, bytes]:
    """A stage's folder -> what is in it, but for its ledger of what was done."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".sqlite"}


def test_only_new_photos_are_decoded(folder):
    run_on(folder)
    kept = folder.parent / "run/data/photos.sqlite"
    before = kept.read_bytes()
    run_on(folder, selection=3)
    assert kept.read_bytes() == before
    save(folder / "train/male/new.png", 500)
    assert len(run_on(folder)[TRAIN]) == 61 - 2 * 10
    assert kept.read_bytes() != before


def test_photos_and_columns_travel(folder):
    splits = run_on(folder)
    names = {row["file"]: row[LABEL] for row in splits[TRAIN]}
    assert all(("female", "male")[label] in name for name, label in names.items())
    row = splits[TEST][0]
    np.testing.assert_array_equal(np.asarray(row[PHOTO]), np.asarray(noise(1000)))
    assert splits[TEST].cast_column(PHOTO, Undecoded(decode=False))[0][PHOTO]["path"] == "00.png"


@pytest.mark.parametrize(
    ("wreck", "settings", "said"),
    [
        (
            lambda raw: shutil.rmtree(raw / "train/male"),
            {},
            "two classes or more, got \\['female'\\]",
        ),
        (
            lambda raw: [path.write_bytes(b"x") for path in raw.rglob("*.png")],
            {},
            "None of 32 photos tried from the split 'train'",
        ),
        (lambda raw: shutil.rmtree(raw), {}, "could not be opened as a data set"),
        (lambda raw: [path.unlink() for path in raw.rglob("*.png")], {}, "holds no pictures"),
        (
            lambda raw: None,
            {"identity_column": "who"},
            "should have a column 'who', got \\['file', 'label', 'photo'\\]",
        ),
        (
            lambda raw: None,
            {"test_split": "held"},
            "the splits 'train' and 'held', got \\['train', 'validation'\\]",
        ),
        (lambda raw: None, {"smallest_photo": 100}, "Cleaning left nothing to train on"),
        (
            lambda raw: save(raw / "validation/other/1.png", 5),
            {},
            "the test also has \\['other'\\]",
        ),
    ],
)
def test_wrong_data_is_one_sentence(folder, wreck, settings, said):
    wreck(folder)
    with pytest.raises(StageError, match=said) as caught:
        run_on(folder, **settings)
    assert "\n" not in str(caught.value)
    assert not list(folder.parent.glob("run/data/*.parquet"))


def test_an_empty_split_is_refused():
    rows = Dataset.from_dict({LABEL: [0]})
    check_not_empty(DatasetDict({TRAIN: rows, SELECTION: rows}))
    with pytest.raises(StageError, match="got {'train': 1, 'selection': 0}"):
        check_not_empty(DatasetDict({TRAIN: rows, SELECTION: rows.select([])}))


def test_too_little_disk(tmp_path):
    check_disk(tmp_path / "not/there/yet", 1)
    with pytest.raises(StageError, match="needs about 1,000,000,000,000,000.0 MB, but only"):
        check_disk(tmp_path, 1e21)


def test_charts_sort_bands_and_draw_numbers_in_bins(folder, tmp_path):
    split = load_data(DataSettings(data=str(folder)))[TRAIN]
    split = (
        split.add_column("age", ["10-19", "3-9"] * 30)
        .add_column("years", list(range(60)))
        .add_column("glasses", [True, False] * 30)
    )
    counted = count_groups(DatasetDict({TRAIN: split}))
    assert list(counted) == [LABEL, "age", "years", "glasses"]
    assert counted["age"].index.tolist() == ["3-9", "10-19"]
    assert len(counted["years"]) == 10
    assert counted["glasses"][TRAIN].tolist() == [30, 30]
    draw_charts(counted, tmp_path / "charts.png")
    assert (tmp_path / "charts.png").stat().st_size > 10_000


@pytest.mark.slow
def test_killed_at_any_moment_and_run_again(tmp_path):
    """Killed twice, the second time later, then run to its end: the same data as unkilled."""
    for number in range(700):
        save(
            tmp_path / "raw" / ("female", "male")[number % 2] / f"{number:03}.png", number, side=100
        )
    started = time.monotonic()
    subprocess.run(command(tmp_path, "calm"), cwd=ROOT, check=True, capture_output=True)
    seconds = time.monotonic() - started
    killed = sum(kill_after(share * seconds, tmp_path, "wild") for share in (0.5, 0.8))
    write_data(RunSettings(str(tmp_path / "wild")), DataSettings(str(tmp_path / "raw")))
    assert killed
    assert digest_of(tmp_path / "wild/data") == digest_of(tmp_path / "calm/data")


def command(folder: Path, out: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "train.data",
        "--data",
        str(folder / "raw"),
        "--out",
        str(folder / out),
    ]


def kill_after(seconds: float, folder: Path, out: str) -> bool:
    """Start, wait, kill -9 -> whether there was something to kill."""
    with subprocess.Popen(
        command(folder, out), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(seconds)
        process.kill()
    return process.returncode != 0
