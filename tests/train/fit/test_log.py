"""A run's numbers as lines for people, and as other loggers keep them."""

from importlib.util import find_spec

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from train.fit.log import LINES, LogCallback, loggers


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
    found = loggers(environ)
    assert set(found) <= {name for name in ("tensorboard", "trackio", "wandb") if find_spec(name)}
    assert "wandb" not in found or environ.get("WANDB_MODE")
