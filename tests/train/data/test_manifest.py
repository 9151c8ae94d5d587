"""manifest: the same faces in the same parts, from another copy of the data."""

import pandas
import pytest
from PIL import Image

from tests.support.pictures import noise
from train.common.errors import StageError
from train.data import load_splits, write_data
from train.data.manifest import keep_listed, read_manifest, write_manifest
from train.settings import DataSettings, RunSettings


def hash_of(*which: int) -> str:
    """Hash with these of its 256 bits set."""
    return sum(1 << bit for bit in which).to_bytes(32, "little").hex()


ONE, OTHER, THIRD = (hash_of(*range(start, start + 60)) for start in (0, 80, 160))
LISTED = pandas.DataFrame(
    {
        "name": ["1.jpg", "2.jpg", "1.jpg"],
        "part": ["train", "holdout", "test"],
        "hash": [ONE, OTHER, THIRD],
    }
)


def photos(*rows: tuple[str, str, str | None]) -> pandas.DataFrame:
    """Split, file and hash of each -> fingerprints."""
    return pandas.DataFrame(rows, columns=["split", "file", "hash"])


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ([("train", "train/1.jpg", ONE)], {"1.jpg": "train"}),
        (
            [("train", "1.jpg", hash_of(*range(60), 200, 201)), ("train", "9.jpg", ONE)],
            {"1.jpg": "train"},
        ),
        ([("train", "1.jpg", OTHER), ("train", "2.jpg", OTHER)], {"2.jpg": "holdout"}),
        (
            [("train", "", OTHER), ("test", "", THIRD), ("train", "", None)],
            {"2.jpg": "holdout", "1.jpg": "test"},
        ),
        ([("test", "1.jpg", ONE), ("test", "1.jpg", THIRD)], {"1.jpg": "test"}),
        ([("train", "1.jpg", ONE), ("train", "1.jpg", ONE)], {"1.jpg": "train"}),
    ],
)
def test_a_face_is_known_by_split_name_and_hash(rows, parts, capsys):
    found = keep_listed(photos(*rows), LISTED, 24)
    assert dict(zip(found["file"], found["split_to"], strict=True)) == parts
    assert len(found) == len(parts)
    assert f"{len(parts)} of 3 faces found, {3 - len(parts)} are missing" in capsys.readouterr().out


def test_other_data_are_told():
    with pytest.raises(StageError, match="None of the manifest's 3 faces is in the data"):
        keep_listed(photos(("train", "9.jpg", hash_of(255))), LISTED, 24)


@pytest.mark.parametrize("content", [None, b"", b"no parquet"])
def test_a_file_that_is_no_manifest_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / "faces.parquet").write_bytes(content)
    with pytest.raises(StageError, match="cannot be read"):
        read_manifest(tmp_path / "faces.parquet")


def test_a_copy_of_other_files_with_more_faces_gives_the_same_parts(tmp_path):
    for copy, count, options in (("one", 60, {}), ("other", 80, {"quality": 90})):
        for number in range(count):
            path = tmp_path / copy / "train" / ("female", "male")[number % 2] / f"{number:02}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = noise(number, 16).resize((96, 96), Image.Resampling.BICUBIC)
            picture.save(path, "JPEG", **options)
    settings = {
        "manifest": str(tmp_path / "faces.parquet"),
        "test": 8,
        "selection": 8,
        "calibration": 8,
        "holdout": 0.2,
    }
    runs = {copy: RunSettings(out=str(tmp_path / f"run-{copy}")) for copy in ("one", "other")}
    write_data(
        runs["one"], DataSettings(data=str(tmp_path / "one"), **{**settings, "manifest": ""})
    )
    write_manifest(runs["one"], DataSettings(**settings))
    write_data(runs["other"], DataSettings(data=str(tmp_path / "other"), **settings))
    files = [
        {name: sorted(part["file"]) for name, part in load_splits(run.folder("data")).items()}
        for run in runs.values()
    ]
    assert files[0] == files[1]
    assert set(files[0]) == {"train", "selection", "calibration", "test", "holdout"}
