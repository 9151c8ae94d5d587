"""A training run's numbers -> one line each for people; and where else they go."""

import os
import time
from collections.abc import MutableMapping
from importlib.util import find_spec
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

LINES = 20  # at least, of a whole run
LOCAL = ("tensorboard", "trackio")  # loggers that keep what they get on this machine
ONLINE = "wandb"  # sends it to its maker's server, so it is used only where it was set up
SET_UP = ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL")
PROJECT = "face-gender"  # which loggers put runs into; a run goes by its folder's name


def loggers(environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """The environment -> the installed loggers that get every number; it gets W&B's project."""
    environ.setdefault("WANDB_PROJECT", PROJECT)
    found = [name for name in LOCAL if find_spec(name)]
    wanted = any(environ.get(name) for name in SET_UP)
    return [*found, *([ONLINE] if wanted and find_spec(ONLINE) else [])]


class LogCallback(TrainerCallback):
    """Prints the loss from the first step on, and each epoch's accuracy."""

    def __init__(self) -> None:
        """Nothing is printed yet."""
        self._began, self._first = 0.0, 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Log short runs more often, so that they have lines too."""
        self._began, self._first = time.monotonic(), state.global_step
        state.logging_steps = max(1, min(state.logging_steps, state.max_steps // LINES))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Numbers -> a line, printed by the first process alone."""
        line = self._line(state, logs or {})
        if line and state.is_world_process_zero:
            print(line, flush=True)

    def _line(self, state: TrainerState, logs: dict[str, float]) -> str:
        at = f"step {state.global_step} of {state.max_steps}, epoch {state.epoch or 0:.1f}"
        if "eval_accuracy" in logs:
            right = 100 * logs["eval_accuracy"]
            return f"{at}: {right:.1f} % of the selection faces right, loss {logs['eval_loss']:.3f}"
        if "loss" not in logs:
            return ""
        rate = f", rate {logs['learning_rate']:.2g}" if "learning_rate" in logs else ""
        return f"{at}: loss {float(logs['loss']):.3f}{rate}{self._left(state)}"

    def _left(self, state: TrainerState) -> str:
        done = state.global_step - self._first
        if done < 2:
            return ""
        passed = time.monotonic() - self._began
        seconds = passed / done * (state.max_steps - state.global_step)
        return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"
