"""reproduce: every step of the shipped model, from checkpoints to card, each once."""

import json
from pathlib import Path

import pytest
from transformers import AutoModelForImageClassification, Dinov2Config

from tests.support.pictures import write_image_folder
from train.models.face_resnet import FaceResNetConfig, FaceResNetForImageClassification
from train.models.public import DINOV2, DLIB, processor_of
from train.reproduce import changed, main, plan
from train.settings import CardSettings, DataSettings, ReproduceSettings, RunSettings

TEACHER = """# tiny
--crop_size 40 --margin 0 --epochs 1 --batch_size 8 --no_muon --head_factor 10 --no_bf16
"""
STUDENT = """# tiny
--crop_size 42 --margin 0 --precompute_teacher --epochs 1 --batch_size 8 --no_muon
--layer_decay 0.5 --no_bf16
--holdout 0.3 --near 0 --selection 8 --calibration 8 --test 8 --export_faces 8 --no_robustness
--same_label 0 --median_difference 1 --accuracy_points 100
"""


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        (DataSettings(), []),
        (DataSettings(data="my/faces", sample=3), ["--data", "my/faces", "--sample", "3"]),
        (DataSettings(manifest="a.parquet"), ["--manifest", "a.parquet"]),
    ],
)
def test_only_what_is_given_is_passed_on(settings, arguments):
    assert changed(settings, ("data", "manifest", "sample")) == arguments


def test_the_teacher_is_made_before_the_student_and_the_holdout_is_looked_at_last_and_once():
    run = RunSettings("runs/x")
    steps = plan(run, DataSettings(), CardSettings(), ReproduceSettings())
    names = [step.name for step in steps]
    assert (
        names.index("teacher")
        < names.index("student")
        < names.index("test")
        < names.index("holdout")
    )
    assert [step.name for step in steps if "holdout" in step.arguments] == ["holdout"]
    student = next(step for step in steps if step.name == "student")
    assert str(Path("runs/x/teacher/model")) in student.arguments


@pytest.mark.slow
def test_from_checkpoints_to_card_and_nothing_twice(tmp_path, capsys):
    out = tmp_path / "out"
    write_checkpoints(out)
    photos = write_image_folder(tmp_path / "photos", 60, 20)
    (tmp_path / "teacher.txt").write_text(TEACHER)
    (tmp_path / "student.txt").write_text(STUDENT)
    flags = ["--out", str(out), "--data", str(photos), "--label_column", "label", "--near", "0"]
    flags += [
        "--student",
        str(tmp_path / "student.txt"),
        "--teachers_recipe",
        str(tmp_path / "teacher.txt"),
    ]
    main(flags)
    figures = json.loads((out / "model" / "metrics.json").read_text())
    assert figures["holdout"]["all"]["n"] > 0
    card = (out / "model" / "README.md").read_text()
    assert all(source["name"] in card for source in (DINOV2, DLIB))
    assert "second test" in card
    config = json.loads((out / "model" / "config.json").read_text())
    assert (config["model_type"], config["origin"][0]["licence"]) == ("dinov2", DINOV2["licence"])
    assert (out / "checkpoints" / "soft-0.npy").is_file()
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    capsys.readouterr()
    main(flags)
    assert capsys.readouterr().out.count("finished before") == 11
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == times


def write_checkpoints(out: Path) -> None:
    """Small networks under the names of the public ones."""
    small = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=70,
        use_mask_token=False,
        origin=DINOV2,
    )
    vit = AutoModelForImageClassification.from_config(small).dinov2
    resnet = FaceResNetForImageClassification(
        FaceResNetConfig(widths=(4, 6), blocks=(1, 1), origin=DLIB)
    )
    for name, network, side in (("dinov2-small", vit, 70), ("dlib-face-resnet", resnet, 40)):
        network.save_pretrained(out / name)
        processor_of(side, [0.5] * 3, [0.5] * 3).save_pretrained(out / name)
