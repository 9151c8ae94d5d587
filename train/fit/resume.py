"""A killed run -> the same run, resumed: whole checkpoints, and seeds that follow the step."""

import errno
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import TrainerCallback

from face_gender.runtime.files import write_text

from ..models.param_groups import freeze
from ..settings import ScheduleSettings
from .checkpoints import MARK
from .ema import EMACallback
from .optimizer import frozen_steps
from .sampler import FaceSampler

FULL = 1_000_000  # bytes; if less is free, a failed write means that the disk is full


@contextmanager
def watch_disk(folder: Path) -> Iterator[None]:
    """Turn torch's and safetensors' errors on a full disk into the system's own error."""
    try:
        yield
    except (RuntimeError, SafetensorError) as error:
        if shutil.disk_usage(folder).free > FULL:
            raise
        raise OSError(errno.ENOSPC, f"The disk of {folder} is full") from error


class ResumeCallback(TrainerCallback):
    """Seeds each step and epoch by its number alone, and completes each checkpoint."""

    def __init__(
        self,
        average: EMACallback,
        sampler: FaceSampler,
        seed: int,
        schedule: ScheduleSettings,
        seconds: float,
    ) -> None:
        """seconds: already spent on this run."""
        self._average, self._sampler, self._seed = average, sampler, seed
        self._schedule = schedule
        self._start = time.monotonic() - seconds

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Start an epoch with a new order and new views."""
        self._sampler.set_epoch(int(state.epoch or 0))

    def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Freeze and unfreeze what is due; seed dropout by seed, step and process alone."""
        epochs, blocks = self._schedule.freeze_epochs, self._schedule.freeze_blocks
        if epochs or blocks:
            frozen = frozen_steps(epochs, args.num_train_epochs, state.max_steps)
            freeze(given["model"], state.global_step < frozen, blocks)
        torch.manual_seed(
            (self._seed * 1_000_003 + state.global_step) * args.world_size + args.process_index
        )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save an epoch's last step after its evaluation, so neither is repeated or lost."""
        if state.epoch == int(state.epoch) or control.should_training_stop:
            control.should_save = False

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save at the end of each epoch."""
        control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Write the average, then the mark that the checkpoint is complete."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        remembered = self._average.save(folder, state.is_world_process_zero)
        if state.is_world_process_zero:
            write_text(
                folder / MARK,
                json.dumps({**remembered, "seconds": time.monotonic() - self._start}) + "\n",
            )
