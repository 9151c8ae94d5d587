"""Two processes train as one: same losses, files shared, each face counted once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from transformers import AutoModelForImageClassification

from tests.conftest import ROOT
from tests.hub import Repo
from tests.support.pictures import write_crops
from train.common.distributed import (
    gathered,
    processes,
    share_of_batch,
    shared_like,
    whole,
    with_one_gpu,
)
from train.common.errors import StageError
from train.fit.stage import main
from train.fit.stream import load_streamed
from train.fit.trainer import training_arguments
from train.settings import AugmentSettings, FitSettings

PARTS = ("train", "selection", "calibration")
STILL = [
    word
    for name in vars(AugmentSettings())
    if name != "low_res_side"
    for word in (f"--{name}", "0")
]
WORDS = (
    "--crop_size 48 --patch_size 12 --hidden_size 32 --layers 2 --heads 2 --mlp_size 64 "
    "--batch_size 4 --no_bf16 --epochs 2 --save_steps 4 --log_steps 1 --freeze_epochs 1"
)
SHORT = [*WORDS.split(), *STILL]


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    """An odd number of faces to evaluate on."""
    return write_crops(
        tmp_path_factory.mktemp("processes") / "crops",
        {"train": 24, "selection": 7, "calibration": 8},
    )


@torch.no_grad()
def test_a_network_that_learnt_in_bf16_scores_to_the_bit_as_one_that_was_opened(small_model):
    opened, learnt = (
        AutoModelForImageClassification.from_pretrained(small_model, dtype=torch.float32)
        for _ in range(2)
    )
    pixels = torch.rand(8, 3, 48, 48)
    expected = opened(pixels).logits
    try:
        learnt = Accelerator(mixed_precision="bf16", cpu=True).prepare(learnt)
        assert not torch.equal(learnt(pixels).logits, expected)
        assert torch.equal(whole(learnt)(pixels).logits, expected)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)


def two(module: str, *words: object) -> str:
    """A module run by two processes, as `torchrun` starts them -> what they print."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        "2",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command += ["-m", module, *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def history(out: Path) -> dict[int, list[float]]:
    """A run -> the losses by step: of the batch, of evaluation, and the accuracy."""
    state = json.loads((out / "checkpoints" / "checkpoint-12" / "trainer_state.json").read_text())
    steps: dict[int, list[float]] = {}
    for entry in state["log_history"]:
        kept = [entry[name] for name in ("loss", "eval_loss", "eval_accuracy") if name in entry]
        steps[entry["step"]] = steps.get(entry["step"], []) + kept
    return {step: losses for step, losses in steps.items() if losses}


def same(one: dict[int, list[float]], other: dict[int, list[float]]) -> bool:
    return one.keys() == other.keys() and all(
        one[step] == pytest.approx(other[step], abs=1e-3) for step in one
    )


def test_a_batch_is_shared_evenly_or_not_at_all():
    assert processes().is_main_process
    assert [share_of_batch(64, count) for count in (1, 2, 64)] == [64, 32, 1]
    with pytest.raises(StageError, match="cannot be divided by 2 processes"):
        share_of_batch(5, 2)


def test_a_process_keeps_to_one_gpu(tmp_path):
    arguments = training_arguments(FitSettings(), tmp_path, 0)
    arguments.device  # noqa: B018 - finds the GPUs
    arguments._n_gpu = 4
    assert with_one_gpu(arguments).train_batch_size == FitSettings().optimizer.batch_size
    arguments.device  # noqa: B018
    assert arguments.n_gpu == 1


def test_one_process_holds_all():
    network = torch.nn.Linear(2, 2)
    assert whole(network) is network
    assert gathered(network.weight) is network.weight
    assert shared_like(torch.ones(2), torch.zeros(2)).tolist() == [1, 1]


def test_streams_that_are_none(tmp_path):
    with pytest.raises(StageError, match="could not be opened"):
        load_streamed(str(tmp_path))


@pytest.mark.slow
def test_two_processes_lose_as_one_and_go_on_for_each_other(crops, tmp_path):
    outs = {name: tmp_path / name for name in ("one", "two", "two-one", "one-two")}
    for out in outs.values():
        out.mkdir()
        (out / "crops").symlink_to(crops)
    main([*SHORT, "--out", str(outs["one"])])
    take_all_but_the_last(outs["one"], outs["one-two"])
    two("tests.support.two_fits", outs["two"], outs["one-two"], "--", *SHORT)
    take_all_but_the_last(outs["two"], outs["two-one"])
    main([*SHORT, "--out", str(outs["two-one"])])
    alone = history(outs["one"])
    assert len(alone) == 12
    for name in ("two", "two-one", "one-two"):
        assert same(alone, history(outs[name])), name
        assert (outs[name] / "model" / "model.safetensors").is_file()


def take_all_but_the_last(run: Path, other: Path) -> None:
    """A finished run -> another run, killed after its last but one checkpoint."""
    shutil.copytree(run / "checkpoints", other / "checkpoints")
    shutil.rmtree(other / "checkpoints" / "checkpoint-12")


@pytest.mark.slow
def test_files_and_weights_are_shared_out(crops, tmp_path):
    """What two_processes.py finds in each of them."""
    table = parquet.read_table(crops / "train.parquet")
    for number in range(2):  # a class a file
        rows = [row for row in range(24) if table["label"][row].as_py() == number]
        parquet.write_table(table.take(rows), tmp_path / f"train-0000{number}-of-00002.parquet")
    for name in ("selection", "calibration"):
        shutil.copy(crops / f"{name}.parquet", tmp_path / f"{name}-00000-of-00001.parquet")
    said = two("tests.support.two_processes", tmp_path)
    assert said.count("reads file 0 alone") == said.count("reads file 1 alone") == 1
    assert said.count("each labels its share") == said.count("weights come together again") == 2
    main([*SHORT, "--stream", str(tmp_path), "--out", str(tmp_path / "run")])
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()
    assert len(history(tmp_path / "run")) == 12


@pytest.mark.slow
def test_a_data_set_of_the_hub_is_not_stored(crops, hub, tmp_path):
    files = {
        f"data/{part}-00000-of-00001.parquet": (crops / f"{part}.parquet").read_bytes()
        for part in PARTS
    }
    hub.repos["datasets/user/faces"] = Repo()
    hub.repos["datasets/user/faces"].commit(files)
    code = (
        "from train.fit.stream import load_streamed\n"
        "parts = load_streamed('user/faces')\n"
        "train = parts['train']\n"
        "print(train.features['label'].names, len(train.labels), sum(1 for _ in train.rows))\n"
        "print({name: len(parts[name]) for name in ('selection', 'calibration')})\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=hub.environ(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told, *counted = done.stdout.splitlines()
    assert told.startswith("user/faces: train 24 (Male 12, Female 12)")
    assert counted == [
        "['Male', 'Female'] 24 24",
        "{'selection': 7, 'calibration': 8}",
    ]
    stored = [
        path
        for path in (tmp_path / "hf").rglob("*")
        if path.is_file() and path.suffix in (".parquet", ".arrow")
    ]
    assert not stored
