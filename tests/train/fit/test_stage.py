"""fit: what a run draws, how it learns, and that a killed run ends as one that was not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForImageClassification,
)

from tests.conftest import ROOT
from tests.support.pictures import write_crops
from train.baselines.stage import cnn_settings
from train.common.errors import StageError
from train.common.flags import parse
from train.data import TRAIN
from train.fit.checkpoints import hold_settings, last_checkpoint
from train.fit.ema import AVERAGE
from train.fit.stage import main
from train.publish.card_licence import note_data
from train.settings import CropSettings, FitSettings, with_values

CROP = CropSettings(crop_size=48)
TINY = with_values(FitSettings(), patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)
NETWORK = "--crop_size 48 --patch_size 12 --hidden_size 32 --layers 2 --heads 2 --mlp_size 64"
SIZE = f"{NETWORK} --batch_size 4 --no_bf16".split()
SHORT = [*SIZE, "--epochs", "2", "--save_steps", "4"]


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    return write_crops(tmp_path_factory.mktemp("fit") / "crops")


def words_of(out: Path, crops: Path, *flags: str) -> list[str]:
    """A run's folder, which gets the crops -> its command line."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "crops").exists():
        (out / "crops").symlink_to(crops)
    return ["--out", str(out), *SHORT, *flags]


def finish(out: Path, crops: Path, *flags: str) -> None:
    """In this process, on one thread, as `start` does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        main(words_of(out, crops, *flags))
    finally:
        torch.set_num_threads(threads)


def start(out: Path, crops: Path, *flags: str) -> subprocess.Popen:
    words = words_of(out, crops, *flags)
    command = [sys.executable, "-W", "ignore", "-m", "train.fit", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def weights_of(out: Path) -> bytes:
    return (out / "model" / "model.safetensors").read_bytes() + (
        out / "model" / "config.json"
    ).read_bytes()


@pytest.mark.parametrize("flags", [["--teacher", "none"], ["--average_weights", "none:0.5"]])
def test_a_network_that_is_not_there_is_told_before_anything_is_held(tmp_path, flags):
    write_crops(tmp_path / "crops", {TRAIN: 2, "selection": 2, "calibration": 2})
    with pytest.raises(SystemExit, match="The checkpoint none cannot be opened"):
        main(["--out", str(tmp_path), *SIZE, *flags])
    assert not (tmp_path / "checkpoints" / "settings.json").exists()


def test_wrong_starts_are_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match="run `make crops"):
        main(["--out", str(tmp_path / "none"), *SIZE])
    hold_settings(tmp_path, {"faces": 10}, TINY)
    with pytest.raises(StageError, match="epochs 12.0 \\(now 3\\)"):
        hold_settings(tmp_path, {"faces": 10}, with_values(TINY, epochs=3))
    write_crops(tmp_path / "crops", {TRAIN: 1, "selection": 2, "calibration": 2})
    with pytest.raises(SystemExit, match="Every class"):
        main(["--out", str(tmp_path), *SIZE])
    with pytest.raises(SystemExit, match="60 px wide, but --crop_size 96 needs 120"):
        main(["--out", str(tmp_path), *SIZE, "--crop_size", "96"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("", False),
        ("--precompute_teacher", True),
        ("--teacher x --precompute_teacher", False),
    ],
)
def test_labels_without_a_teacher_are_told(tmp_path, capsys, flags, said):
    with pytest.raises(SystemExit, match="run `make crops"):
        main(["--out", str(tmp_path / "none"), *SIZE, *flags.split()])
    assert ("learns from the labels alone" in capsys.readouterr().out) == said


def test_views_want_whole_batches(tmp_path):
    with pytest.raises(SystemExit, match="A batch of 64 does not divide into 3 views of each face"):
        main(["--out", str(tmp_path), *SIZE, "--batch_size", "64", "--views", "3"])


def test_the_cnn_baseline_inherits_no_fine_tuning():
    (tuned,) = parse(
        FitSettings,
        arguments=["--recipe", str(ROOT / "train/recipes/dinov2-small.txt"), "--teacher", "x"],
    )
    told = {"precompute_teacher": True, "distill_weight": 0.3}  # without a teacher, of no effect
    asked = with_values(
        FitSettings(), network="resnet", epochs=3, batch_size=128, ema=0.9995, **told
    )
    assert cnn_settings(tuned, 3) == asked
    grown = with_values(
        FitSettings(), head_factor=4.0, views=2, consistency_weight=4, group_weights=["age=3-9:1.5"]
    )
    assert cnn_settings(grown, 3) == with_values(
        FitSettings(), network="resnet", epochs=3, group_weights=["age=3-9:1.5"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "flags"),
    [
        (8, "--bf16 --patch_dropout 0.5 --freeze_blocks 1"),
        (4, "--accumulate 2 --patience 1 --freeze_epochs 1"),
        (3, "--accumulate 2 --save_steps 3 --balance weights --no_muon --layer_decay 0.7"),
        (12, "--network resnet --width 8 --epochs 2.5"),
        (
            8,
            "--views 2 --consistency_weight 1 --group_weights label=Male:2 --balance weights "
            "--aux_targets label",
        ),
    ],
)
def test_gone_on_from_any_checkpoint_is_the_same(monkeypatch, crops, tmp_path, step, flags):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")  # has bf16
    for name in ("whole", "halves"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "crops").symlink_to(crops)
    run, again = (
        [*SHORT, *flags.split(), "--out", str(tmp_path / name)] for name in ("whole", "halves")
    )
    main(run)
    shutil.copytree(tmp_path / "whole" / "checkpoints", tmp_path / "halves" / "checkpoints")
    for checkpoint in (tmp_path / "halves" / "checkpoints").glob("checkpoint-*"):
        if checkpoint.name != f"checkpoint-{step}":
            shutil.rmtree(checkpoint)
    main(again)
    assert weights_of(tmp_path / "whole") == weights_of(tmp_path / "halves")
    main(run)
    assert weights_of(tmp_path / "whole") == weights_of(tmp_path / "halves")
    last = last_checkpoint(tmp_path / "whole" / "checkpoints").relative_to(tmp_path / "whole")
    assert (tmp_path / "whole" / last / AVERAGE).read_bytes() == (
        tmp_path / "halves" / last / AVERAGE
    ).read_bytes()


@pytest.mark.slow
def test_a_finished_run_keeps_its_files_until_it_goes_on_for_more_epochs(crops, tmp_path, capsys):
    (tmp_path / "crops").symlink_to(crops)
    run = ["--out", str(tmp_path), *SIZE, "--epochs"]
    main([*run, "1"])
    assert "24 training faces are too few to start from random weights" in capsys.readouterr().out
    made, note = weights_of(tmp_path), tmp_path / "model" / "model.onnx"
    note.touch()
    note_data(tmp_path / "model" / "config.json", "faces", "cc-by-4.0")
    noted = weights_of(tmp_path)
    main([*run, "1"])
    assert (note.exists(), made != noted, weights_of(tmp_path)) == (True, True, noted)
    with pytest.raises(SystemExit, match="holds a run with epochs 1.0 \\(now 0.5\\)"):
        main([*run, "0.5"])
    capsys.readouterr()
    main([*run, "2"])
    said = capsys.readouterr().out
    assert "is finished after 1 epochs: training goes on from its weights, to 2 epochs" in said
    assert "is replaced; what was made of the old one goes: model.onnx." in said
    assert (note.exists(), weights_of(tmp_path) == made) == (False, False)
    made = weights_of(tmp_path)
    main([*run, "2"])
    assert weights_of(tmp_path) == made
    assert "--epochs=2.0\n" in (tmp_path / "recipe.txt").read_text()


@pytest.mark.slow
def test_no_epochs_are_the_base_calibrated(crops, small_model, tmp_path, capsys):
    (tmp_path / "crops").symlink_to(crops)
    start = ["--out", str(tmp_path), *SIZE, "--epochs", "0"]
    main([*start, "--base_model", str(small_model)])
    said = capsys.readouterr().out
    assert f"--epochs 0 trains nothing: the model is {small_model}" in said
    assert "8 calibration faces are too few" in said
    folders = (small_model, tmp_path / "model")
    base, made = (load_file(folder / "model.safetensors") for folder in folders)
    assert {name for name in base if not torch.equal(base[name], made[name])} <= {
        "classifier.weight",
        "classifier.bias",
    }


@pytest.mark.slow
def test_killed_and_gone_on_is_the_same(crops, tmp_path):
    flags = ["--freeze_epochs", "1"]
    whole, out = tmp_path / "whole", tmp_path / "killed"
    finish(whole, crops, *flags)
    for step in (4, 8):
        run = start(out, crops, *flags)
        seen = out / "checkpoints" / f"checkpoint-{step}"
        while run.poll() is None and not seen.exists():
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        run.wait()
    torn = out / "checkpoints" / "checkpoint-999"
    torn.mkdir()
    (torn / "model.safetensors").write_bytes(b"half")
    for _ in range(2):
        finish(out, crops, *flags)
        assert weights_of(out) == weights_of(whole)


@pytest.mark.slow
def test_distilled_from_our_resnet_and_fine_tuned(crops, tmp_path):
    for name, flags in {
        "teacher": ["--network", "resnet", "--width", "8", "--balance", "weights"],
        "student": ["--teacher", str(tmp_path / "teacher" / "model")],
        "told": [
            "--teacher",
            str(tmp_path / "teacher" / "model"),
            "--precompute_teacher",
            "--distill_weight",
            "1",
            "--aux_targets",
            "label",
        ],
        "tuned": [
            "--base_model",
            str(tmp_path / "student" / "model"),
            "--layer_decay",
            "0.7",
            "--no_muon",
        ],
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "crops").symlink_to(crops)
        main(["--out", str(tmp_path / name), *SIZE, "--epochs", "1", *flags])
        assert (tmp_path / name / "augmented.png").is_file()
        config = AutoModelForImageClassification.from_pretrained(tmp_path / name / "model").config
        assert set(config.face_gender) == {"margin", "temperature", "threshold"}
        kept = load_file(tmp_path / name / "model" / "model.safetensors")
        assert not any(weight.startswith("aux_heads") for weight in kept)
