"""A run's numbers as lines for people, and as other loggers keep them."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.conftest import ROOT
from tests.support.pictures import write_crops
from train.data import CALIBRATION, SELECTION, TRAIN
from train.fit.log import LINES, PROJECT, LogCallback, loggers
from train.fit.stage import main

FLAGS = (
    "--crop_size 48 --patch_size 24 --hidden_size 16 --layers 1 --heads 2 --mlp_size 16 "
    "--batch_size 2 --epochs 2 --no_bf16"
)

HEAD, BLOCK = 7, 32_768  # bytes of W&B's file: before each piece, and of a block
WHOLE = (1, 4)  # a piece that is a whole record, and the last of one


@pytest.mark.parametrize(
    ("step", "logs", "line"),
    [
        (0, {}, ""),
        (48, {"train_runtime": 3.0, "train_loss": 0.4}, ""),
        (1, {"loss": 0.71, "learning_rate": 0.2}, "step 1 of 48, epoch 0.5: loss 0.710, rate 0.2"),
        (2, {"loss": "0.5"}, "step 2 of 48, epoch 0.5: loss 0.500, 0 s left"),
        (
            4,
            {"eval_accuracy": 0.9125, "eval_loss": 0.25},
            "step 4 of 48, epoch 0.5: 91.2 % of the selection faces right, loss 0.250",
        ),
    ],
)  # fmt: skip
def test_each_log_is_a_line_that_a_person_reads(capsys, step, logs, line):
    callback, arguments = LogCallback(), TrainingArguments(report_to=[], use_cpu=True)
    state = TrainerState(max_steps=48, logging_steps=50)
    callback.on_train_begin(arguments, state, TrainerControl())
    assert state.logging_steps == 48 // LINES
    state.global_step, state.epoch = step, 0.5
    callback.on_log(arguments, state, TrainerControl(), logs=logs)
    assert capsys.readouterr().out == (f"{line}\n" if line else "")


@pytest.mark.parametrize("environ", [{}, {"WANDB_MODE": ""}, {"WANDB_MODE": "offline"}])
def test_only_installed_loggers_are_used_and_one_that_sends_only_where_it_was_set_up(environ):
    found = loggers(environ := dict(environ))
    assert set(found) <= {name for name in ("tensorboard", "trackio", "wandb") if find_spec(name)}
    assert "wandb" not in found or environ.get("WANDB_MODE")


@pytest.fixture(scope="module")
def logged(tmp_path_factory) -> Path:
    """Two epochs of three steps, with every logger that is installed -> where they wrote."""
    out = tmp_path_factory.mktemp("logs") / "mine"
    write_crops(out / "crops", {TRAIN: 6, SELECTION: 2, CALIBRATION: 2})
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("TRACKIO_DIR", str(out / "trackio"))
        main(["--out", str(out), *FLAGS.split()])
    return out


@pytest.mark.slow
def test_tensorboard_keeps_every_number_and_setting(logged):
    pytest.importorskip("tensorboard")
    reader = import_module("tensorboard.backend.event_processing.event_accumulator")
    (folder,) = (logged / "checkpoints" / "runs").iterdir()
    events = reader.EventAccumulator(str(folder)).Reload()
    steps = {
        name: [event.step for event in events.Scalars(name)]
        for name in ("train/loss", "train/learning_rate", "eval/accuracy", "eval/loss")
    }
    every, epochs = [1, 2, 3, 4, 5, 6], [3, 6]
    assert list(steps.values()) == [every, every, epochs, epochs]
    (settings,) = events.Tensors("args/text_summary")
    check_settings(json.loads(settings.tensor_proto.string_val[0]))


@pytest.mark.slow
def test_trackio_keeps_every_number_and_setting(logged):
    pytest.importorskip("trackio")
    storage = import_module("trackio.sqlite_storage").SQLiteStorage
    assert storage.get_runs(PROJECT) == ["mine"]
    logs = storage.get_logs(PROJECT, "mine")
    assert [log["train/global_step"] for log in logs if "train/loss" in log] == [1, 2, 3, 4, 5, 6]
    assert [log["train/global_step"] for log in logs if "eval/accuracy" in log] == [3, 6]
    check_settings(storage.get_run_config(PROJECT, "mine"))


@pytest.mark.slow
def test_wandb_keeps_every_number_and_setting(tmp_path):
    """In a process of its own, at whose end its file is whole."""
    pytest.importorskip("wandb")
    out = tmp_path / "mine"
    write_crops(out / "crops", {TRAIN: 6, SELECTION: 2, CALIBRATION: 2})
    command = [sys.executable, "-m", "train.fit", "--out", out, *FLAGS.split()]
    environ = {**os.environ, "WANDB_MODE": "offline", "WANDB_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    records = list(read_wandb(next(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))))
    (run,) = (each.run for each in records if each.WhichOneof("record_type") == "run")
    assert (run.project, run.display_name) == (PROJECT, "mine")
    logs = [
        {item.key or item.nested_key[0]: json.loads(item.value_json) for item in each.history.item}
        for each in records
        if each.WhichOneof("record_type") == "history"
    ]
    assert [log["train/global_step"] for log in logs if "train/loss" in log] == [1, 2, 3, 4, 5, 6]
    assert [log["train/global_step"] for log in logs if "eval/accuracy" in log] == [3, 6]


def read_wandb(path: Path) -> Iterator[Any]:
    """Records of a log as LevelDB writes it: blocks of pieces of a checksum, length and kind."""
    parse = import_module("wandb.proto.wandb_internal_pb2").Record.FromString
    content, at, record = path.read_bytes(), HEAD, b""
    while len(content) - at >= HEAD:
        length, kind = struct.unpack_from("<HB", content, at + 4)
        record += content[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if BLOCK - at % BLOCK < HEAD:
            at += BLOCK - at % BLOCK
        if kind in WHOLE:
            yield parse(record)
            record = b""


def check_settings(kept: dict) -> None:
    """The recipe as it was given, and the Trainer's own arguments."""
    assert {name: kept["recipe"][name] for name in ("ema", "mlp_size", "epochs")} == {
        "ema": 0.999,
        "mlp_size": 16,
        "epochs": 2.0,
    }
    assert (kept["run_name"], kept["num_train_epochs"]) == ("mine", 2)
