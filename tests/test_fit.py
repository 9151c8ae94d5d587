"""fit: what a run draws, how it learns, and that a run killed at any moment ends as one that was not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForImageClassification,
    ConvNextConfig,
    Dinov2Config,
    ResNetConfig,
    SwinConfig,
    ViTConfig,
)

from train.average import AVERAGE, Averager
from train.checkpoints import MARK, hold_settings, last_checkpoint
from train.data import TRAIN, load_parts
from train.faceset import FaceSampler, FaceSet, class_weights
from train.fit import distillation, main
from train.layers import depths, freeze, head_of
from train.muon import MuonAdamW, new_optimizer
from train.network import Teacher, base_labels, new_resnet, open_base
from train.settings import AugmentSettings, CropSettings, FitSettings
from train.stages import StageError
from train.vit import new_processor, new_vit

from .conftest import ROOT
from .pictures import CLASSES, write_crops

CROP = CropSettings(crop_size=48)
TINY = FitSettings(patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)
WORDS = "--crop_size 48 --patch_size 12 --hidden_size 32 --layers 2 --heads 2 --mlp_size 64 --batch_size 4 --no_bf16"
SIZE = WORDS.split()
SHORT = [*SIZE, "--epochs", "2", "--save_steps", "4"]


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    return write_crops(tmp_path_factory.mktemp("fit") / "crops")


@pytest.fixture
def faces(crops) -> FaceSet:
    processor = new_processor(CROP).to_dict()
    return FaceSet(load_parts(crops)[TRAIN], processor, 48, [1, 0], seed=3, augmentation=AugmentSettings())


def start(out: Path, crops: Path, *flags: str) -> subprocess.Popen:
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "crops").exists():
        (out / "crops").symlink_to(crops)
    command = [sys.executable, "-W", "ignore", "-m", "train.fit", "--out", str(out), *SHORT, *flags]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def weights_of(out: Path) -> bytes:
    return (out / "model" / "model.safetensors").read_bytes() + (out / "model" / "config.json").read_bytes()


def test_every_face_once_an_epoch_in_another_order():
    assert list(FaceSampler(0, 0)) == []
    sampler = FaceSampler(10, seed=1)
    first = list(sampler)
    sampler.set_epoch(2)
    third = list(sampler)
    assert sorted(first) == list(range(10))
    assert sorted(third) == list(range(20, 30))
    assert [index - 20 for index in third] != first
    assert list(sampler) == third


def test_rare_classes_are_drawn_as_often():
    labels = [0] * 90 + [1] * 10
    weights = class_weights(labels, 2)
    assert float(weights[labels].mean()) == pytest.approx(1)
    drawn = list(FaceSampler(100, 0, weights[labels]))
    assert 35 <= sum(index >= 90 for index in drawn) <= 65
    with pytest.raises(StageError, match="Every class"):
        class_weights([1, 1], 2)


def test_a_look_depends_on_seed_epoch_and_face_alone(faces):
    one, again, later = faces[5], faces[5], faces[5 + len(faces)]
    np.testing.assert_array_equal(one["pixel_values"], again["pixel_values"])
    assert (one["pixel_values"] != later["pixel_values"]).any()
    assert one["labels"] == later["labels"] == 0
    assert faces.labels()[:4] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("config", "blocks"),
    [
        (ViTConfig(hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64), 3),
        (Dinov2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=2), 2),
        (SwinConfig(embed_dim=8, depths=[1, 1], num_heads=[1, 1]), 2),
        (ConvNextConfig(hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1]), 4),
        (ResNetConfig(embedding_size=8, hidden_sizes=[8, 8], depths=[1, 1]), 2),
    ],
)
def test_depths_of_any_network(config, blocks):
    network = AutoModelForImageClassification.from_config(config)
    found = depths(network)
    assert {name for name, _ in network.named_parameters()} == set(found)
    assert set(found.values()) == set(range(blocks + 2))
    assert next(iter(found.values())) == 0
    assert {depth for name, depth in found.items() if name.startswith("classifier")} == {blocks + 1}
    assert head_of(network, 2).out_features == 2
    with pytest.raises(StageError, match="linear layer of 7"):
        head_of(network, 7)
    freeze(network, True)
    assert all(weight.requires_grad == name.startswith("classifier") for name, weight in network.named_parameters())


def test_earlier_blocks_learn_slower():
    settings = FitSettings(**{**vars(TINY), "layer_decay": 0.5, "learning_rate": 0.8})
    network = new_vit(settings, CROP, list(CLASSES))
    optimizer = new_optimizer(network, settings)
    assert isinstance(optimizer, MuonAdamW)
    rates = {id(weight): group["lr"] for group in optimizer.param_groups for weight in group["params"]}
    named = {name: rates[id(weight)] for name, weight in network.named_parameters()}
    assert len(named) == len(rates)
    assert named["classifier.weight"] == 0.8
    assert named["vit.layers.1.mlp.fc1.weight"] == 0.4
    assert named["vit.layers.0.mlp.fc1.bias"] == 0.2
    assert named["vit.embeddings.cls_token"] == 0.1
    plain = new_optimizer(network, FitSettings(**{**vars(settings), "muon": False}))
    assert isinstance(plain, torch.optim.AdamW)


def test_an_optimizer_goes_on_from_its_state():
    def taught(steps: int, state=None):
        torch.manual_seed(0)
        network = new_vit(TINY, CROP, list(CLASSES))
        optimizer = new_optimizer(network, TINY)
        if state:
            network.load_state_dict(state[0])
            optimizer.load_state_dict(state[1])
        for _ in range(steps):
            optimizer.zero_grad()
            network(torch.ones(1, 3, 48, 48)).logits.square().sum().backward()
            optimizer.step()
        return network.state_dict(), optimizer.state_dict()

    whole, halves = taught(4)[0], taught(2, taught(2))[0]
    assert all(torch.equal(whole[name], halves[name]) for name in whole)


def test_the_average_lags_and_swaps_back():
    network = torch.nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(0.0)
    averager = Averager(network, decay=0.9, patience=0)
    averager.on_train_begin(None, None, None)
    network.weight.data.fill_(1.0)
    averager.on_step_end(None, type("State", (), {"global_step": 1000}), None)
    averager.swap()
    assert float(network.weight.detach()) == pytest.approx(0.1)
    averager.swap()
    assert float(network.weight.detach()) == 1.0
    averager.keep()
    assert float(network.weight.detach()) == pytest.approx(0.1)


def test_soft_labels():
    same = torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    assert float(distillation(same, same, 2.0)) == pytest.approx(0, abs=1e-6)
    assert float(distillation(same, same.flip(1), 2.0)) > 0.5


def test_a_teacher_is_read_by_its_class_names(tmp_path):
    torch.manual_seed(0)
    crop = CropSettings(crop_size=32)
    teacher = new_resnet(FitSettings(width=8), crop, ["Female", "Male"]).eval()
    teacher.save_pretrained(tmp_path)
    new_processor(crop).save_pretrained(tmp_path)
    pixels = torch.rand(2, 3, 32, 32) * 2 - 1
    found = Teacher(str(tmp_path), ["Male", "Female"], new_processor(CROP).to_dict(), torch.device("cpu"))(pixels)
    torch.testing.assert_close(found, teacher(pixels).logits.detach().flip(1), atol=1e-5, rtol=1e-4)
    with pytest.raises(StageError, match="teacher"):
        Teacher(str(tmp_path), ["cat", "dog"], new_processor(CROP).to_dict(), torch.device("cpu"))


def test_a_base_keeps_its_order_of_classes_and_refuses_others(small_model, tmp_path):
    base = FitSettings(base_model=str(small_model))
    model, processor = open_base(base, CROP, ["Female", "Male"])
    assert model.config.label2id == {"Male": 0, "Female": 1}
    assert processor.size["height"] == 48
    with pytest.raises(StageError, match="classes are"):
        base_labels(str(small_model), ["man", "woman"])
    assert base_labels(str(small_model), ["a", "b", "c"]) == ["a", "b", "c"]
    with pytest.raises(StageError, match="--crop_size"):
        open_base(base, CropSettings(crop_size=40), list(CLASSES))


def test_half_a_checkpoint_is_none(tmp_path):
    assert last_checkpoint(tmp_path / "none") is None
    for step, complete in ((4, True), (12, True), (16, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if complete:
            (folder / MARK).write_text("{}")
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-12"
    assert not (tmp_path / "checkpoint-16").exists()


def test_wrong_starts_are_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match="stage"):
        main(["--out", str(tmp_path / "none"), *SIZE])
    hold_settings(tmp_path, {"faces": 10}, TINY)
    with pytest.raises(StageError, match="epochs 12.0 \\(now 3\\)"):
        hold_settings(tmp_path, {"faces": 10}, FitSettings(**{**vars(TINY), "epochs": 3}))
    write_crops(tmp_path / "crops", {TRAIN: 1, "selection": 2, "calibration": 2})
    with pytest.raises(SystemExit, match="Every class"):
        main(["--out", str(tmp_path), *SIZE])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "flags"),
    [
        (8, ""),
        (4, "--accumulate 2 --stop_after 1 --freeze_epochs 1"),
        (3, "--accumulate 2 --save_steps 3 --balance sampler --no_muon --layer_decay 0.7"),
        (12, "--network resnet --width 8 --epochs 2.5"),
    ],
)
def test_gone_on_from_any_checkpoint_is_the_same(crops, tmp_path, step, flags):
    for name in ("whole", "halves"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "crops").symlink_to(crops)
    run, again = ([*SHORT, *flags.split(), "--out", str(tmp_path / name)] for name in ("whole", "halves"))
    main(run)
    shutil.copytree(tmp_path / "whole" / "checkpoints", tmp_path / "halves" / "checkpoints")
    for checkpoint in (tmp_path / "halves" / "checkpoints").glob("checkpoint-*"):
        if checkpoint.name != f"checkpoint-{step}":
            shutil.rmtree(checkpoint)
    main(again)
    assert weights_of(tmp_path / "whole") == weights_of(tmp_path / "halves")
    last = last_checkpoint(tmp_path / "whole" / "checkpoints").relative_to(tmp_path / "whole")
    assert (tmp_path / "whole" / last / AVERAGE).read_bytes() == (tmp_path / "halves" / last / AVERAGE).read_bytes()


@pytest.mark.slow
def test_killed_and_gone_on_is_the_same(crops, tmp_path):
    flags = ["--freeze_epochs", "1"]
    assert start(tmp_path / "whole", crops, *flags).wait() == 0
    out = tmp_path / "killed"
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
    assert start(out, crops, *flags).wait() == 0
    assert weights_of(out) == weights_of(tmp_path / "whole")
    assert start(out, crops, *flags).wait() == 0
    assert weights_of(out) == weights_of(tmp_path / "whole")


@pytest.mark.slow
def test_distilled_from_our_resnet_and_fine_tuned(crops, tmp_path):
    for name, flags in {
        "teacher": ["--network", "resnet", "--width", "8", "--balance", "weights"],
        "pupil": ["--teacher", str(tmp_path / "teacher" / "model")],
        "tuned": ["--base_model", str(tmp_path / "pupil" / "model"), "--layer_decay", "0.7", "--no_muon"],
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "crops").symlink_to(crops)
        main(["--out", str(tmp_path / name), *SIZE, "--epochs", "1", *flags])
        assert (tmp_path / name / "augmented.png").is_file()
        config = AutoModelForImageClassification.from_pretrained(tmp_path / name / "model").config
        assert set(config.face_gender) == {"margin", "temperature", "threshold"}
