"""python -m train: every stage in order, on 60 faces; and each stage's help."""

import json
import subprocess
import sys

import jsonschema
import pytest

from face_gender.reader import open_reader
from tests.conftest import ROOT
from tests.support.pictures import write_image_folder
from train.__main__ import main
from train.evaluate.corruptions import CUTS
from train.evaluate.stage import SCHEMA
from train.evaluate.stage import main as evaluate

WORDS = (
    "--label_column label --crop_size 48 --patch_size 12 --hidden_size 32 --layers 2 --heads 2 "
    "--mlp_size 64 --batch_size 8 --no_bf16 --epochs 1 --export_faces 8 --width 8 --cnn_epochs 1 "
    "--near 0"
)


@pytest.mark.slow
def test_every_stage_on_sixty_faces(tmp_path, astronaut_file):
    photos = write_image_folder(tmp_path / "photos", 60, 20)
    out = tmp_path / "run"
    words = [*WORDS.split(), "--data", str(photos), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "train", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), "no library speaks, no bar goes into a file"
    assert not [line for line in done.stdout.splitlines() if "%|" in line or line.startswith("[")]
    assert "step 1 of " in done.stdout
    for name in ("augmented.png", "baselines/eigenfaces.png", "evaluation/mistakes.png"):
        assert (out / name).stat().st_size
    model = out / "model"
    figures = json.loads((model / "metrics.json").read_text())
    jsonschema.validate(figures, json.loads(SCHEMA.read_text()))
    assert figures["all"]["n"] == 20
    assert set(figures["robustness"]) == set(CUTS)
    assert set(figures["groups"]) == {"label"}
    assert {path.stem for path in (model / "plots").iterdir()} >= {
        "confusion",
        "roc",
        "reliability",
        "risk_coverage",
        "groups",
    }
    assert not [path for path in out.rglob("*.part")]
    table = json.loads((out / "baselines" / "comparison.json").read_text())
    assert [row["model"] for row in table] == ["this model", "eigenfaces and SVM", "small CNN"]
    assert all(row["n"] == 20 for row in table)
    assert 0 <= json.loads((out / "baselines" / "detectors.json").read_text())["MTCNN"] <= 1
    assert len(open_reader(str(model)).read(astronaut_file).faces) == 1
    evaluate(["--out", str(out), "--compare", str(model), str(out / "baselines" / "cnn" / "model")])
    compared = json.loads((out / "comparison" / "comparison.json").read_text())
    assert [row["accuracy"] for row in compared] == [table[0]["accuracy"], table[2]["accuracy"]]


@pytest.mark.slow
def test_every_stage_has_help_from_its_settings(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for flag in (
        "--data",
        "--near",
        "--margin",
        "--teacher",
        "--sunglasses_prob",
        "--compare",
        "--svm_faces",
    ):
        assert flag in said
