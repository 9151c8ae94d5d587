"""A run's crops on the Hub on loopback, and a training run that starts from them there."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Value

from face_gender.settings import VERSION
from tests.conftest import ROOT
from tests.hub import Hub
from tests.support.pictures import write_image_folder
from train.common.cli import run_stage
from train.crops.stage import write_crops
from train.data import write_data
from train.publish.dataset import check_licences
from train.publish.licences import name_licence
from train.settings import CropSettings, DataSettings, RunSettings

NAME, TAG = "user/faces", f"v{VERSION}"
SMALL = [
    "--crop_size",
    "48",
    "--patch_size",
    "12",
    "--hidden_size",
    "32",
    "--layers",
    "2",
    "--heads",
    "2",
    "--mlp_size",
    "64",
]
SHORT = ["--epochs", "1", "--batch_size", "8", "--selection", "6", "--calibration", "6"]


def train(hub: Hub, home: Path, *words: str) -> subprocess.CompletedProcess:
    line = [sys.executable, "-W", "ignore", "-m", *words]
    return subprocess.run(
        line, cwd=ROOT, env=hub.environ(home), capture_output=True, text=True, timeout=300
    )


def photos(**columns: list) -> DatasetDict:
    """Two photos with further columns."""
    features = {"photo": Image(), "label": ClassLabel(names=["a", "b"])} | {
        name: Value("string") for name in columns
    }
    rows = {"photo": [None, None], "label": [0, 1], **columns}
    return DatasetDict({"train": Dataset.from_dict(rows, Features(features))})


@pytest.mark.parametrize(
    ("columns", "stated", "licences"),
    [
        ({}, "cc-by-4.0", ["cc-by-4.0"]),
        ({"licence": ["CC BY 4.0", "CC0"]}, "", ["cc-by-4.0", "cc0-1.0"]),
        ({"licence": ["CC BY-SA 3.0", None]}, "mit", ["cc-by-sa-3.0", "mit"]),
    ],
)
def test_licences_that_allow_it(columns, stated, licences):
    assert check_licences(photos(**columns), stated) == licences


@pytest.mark.parametrize(
    ("columns", "stated", "said"),
    [
        ({}, "", r"none stated \(2 photos\)"),
        ({"licence": ["CC BY-ND 4.0", "CC0"]}, "", r"cc-by-nd-4.0 \(1 photo\)"),
        ({"licence": ["All rights reserved", None]}, "mit", "all-rights-reserved"),
        ({"licence": ["research only", "cc-by-4.0"]}, "", "research-only"),
        ({}, "other", "other"),
    ],
)
def test_licences_that_forbid_it(columns, stated, said):
    with pytest.raises(ValueError, match=said):
        check_licences(photos(**columns), stated)


@pytest.mark.parametrize(
    ("written", "name"),
    [("CC BY-SA 4.0", "cc-by-sa-4.0"), ("Public domain", "pddl"), (" MIT ", "mit")],
)
def test_name_licence(written, name):
    assert name_licence(written) == name


@pytest.mark.slow
def test_round_trip_from_data_to_model(hub, tmp_path):
    """Clean and crop photos, publish the crops, train on them by name, publish the model."""
    first, second = tmp_path / "first", tmp_path / "second"
    labelled = write_image_folder(tmp_path / "labelled", 48, 12)
    recipe = tmp_path / "recipe.txt"  # one for every stage
    recipe.write_text(shlex.join(["--data", str(labelled), "--near=-1", *SMALL, *SHORT]))
    source = ["--recipe", str(recipe), "--out", str(first)]
    run_stage(write_data, RunSettings, DataSettings, arguments=source)
    run_stage(write_crops, RunSettings, CropSettings, arguments=source)
    refused = train(hub, tmp_path, "train.publish.dataset", "--to", NAME, *source)
    assert refused.returncode == 1
    assert "none stated" in refused.stderr
    assert hub.repos == {}
    done = train(
        hub,
        tmp_path,
        "train.publish.dataset",
        "--to",
        NAME,
        "--licence",
        "cc0-1.0",
        "--source",
        "NASA",
        *source,
    )
    assert done.returncode == 0, done.stderr
    repo = hub.repos[f"datasets/{NAME}"]
    assert len(repo.commits) == 2
    assert repo.tags == {TAG: repo.branches["main"]}
    card = repo.commits[repo.branches["main"]]["README.md"].decode()
    assert "license: cc0-1.0" in card
    assert "| calibration | 3 | 3 |" in card
    assert "- NASA (" in card
    assert "| file |" not in card
    columns = [
        "--photo_column",
        "photo",
        "--label_column",
        "label",
        "--test_split",
        "test",
        "--export_faces",
        "6",
    ]
    pushed = [
        "--data",
        NAME,
        "--near=-1",
        "--data_revision",
        TAG,
        *columns,
        "--out",
        str(second),
        *SMALL,
        *SHORT,
    ]
    done = train(hub, tmp_path, "train", *pushed)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((second / "model" / "metrics.json").read_text())
    assert metrics["all"]["n"] >= 10
    model = ["--to", "user/face-gender", "--folder", str(second / "model"), "--anyway"]
    done = train(hub, tmp_path, "train.publish.model", *model)
    assert done.returncode == 0, done.stderr
    assert TAG in hub.repos["models/user/face-gender"].tags
