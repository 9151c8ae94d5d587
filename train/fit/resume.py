"""A killed run -> the same run, resumed: complete checkpoints, and seeds that follow the step."""

import errno
import json
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from transformers import TrainerCallback

from face_gender.runtime.files import write_text

from ..common.errors import StageError
from ..models.param_groups import freeze
from ..settings import RENAMED, AugmentSettings, FitSettings, values_of, with_values
from .ema import EMACallback
from .optimizer import frozen_steps
from .sampler import FaceSampler

FULL = 1_000_000  # bytes; if less is free, a failed write means that the disk is full
MARK = "complete.json"  # written last: a checkpoint without it is incomplete
SETTINGS_FILE = "settings.json"

Settings = TypeVar("Settings", FitSettings, AugmentSettings)


def last_checkpoint(folder: Path) -> Path | None:
    """A folder of checkpoints -> the latest complete one; removes incomplete ones."""
    for found in folder.glob("checkpoint-*"):
        if not (found / MARK).is_file():
            shutil.rmtree(found)
    return last_complete(folder)


def last_complete(folder: Path) -> Path | None:
    """A folder of checkpoints -> the latest complete one; changes nothing."""
    complete = [mark.parent for mark in folder.glob(f"checkpoint-*/{MARK}")]
    return max(complete, key=lambda path: int(path.name.rsplit("-", 1)[1]), default=None)


def is_finished(checkpoint: Path, epochs: float, patience: int) -> bool:
    """Whether training for so many epochs was done at this checkpoint."""
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    return is_tired(checkpoint, patience) or bool(state["epoch"] >= epochs - 1e-6)


def is_tired(checkpoint: Path, patience: int) -> bool:
    """Whether patience had run out at this checkpoint."""
    return patience > 0 and bool(read_mark(checkpoint)["waited"] >= patience)


def read_mark(checkpoint: Path) -> dict[str, Any]:
    """A complete checkpoint -> what we store in it besides the Trainer's own files."""
    found: dict[str, Any] = json.loads((checkpoint / MARK).read_text())
    return found


def hold_settings(folder: Path, numbers: dict[str, Any], *settings: Any) -> None:
    """Save a run's numbers and settings. Raises StageError if its checkpoints have others.

    A finished run may go on for more epochs, or with more patience.
    """
    given = numbers | {name: value for part in settings for name, value in values_of(part).items()}
    held = read_settings(folder) or given
    changed = {name: value for name, value in given.items() if held.get(name, value) != value}
    if changed and goes_on(folder, held, given, changed):
        print(
            f"{folder.parent} is finished after {held['epochs']:g} epochs: "
            f"training goes on from its weights, to {given['epochs']:g} epochs."
        )
    elif changed:
        told = ", ".join(f"{name} {held[name]} (now {value})" for name, value in changed.items())
        raise StageError(
            f"{folder} holds a run with {told}: take its settings, another --out, or remove it; "
            "only a finished run goes on for more epochs."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / SETTINGS_FILE, json.dumps(given, indent=1) + "\n")


def goes_on(
    folder: Path, held: dict[str, Any], given: dict[str, Any], changed: Collection[str]
) -> bool:
    """Whether a run is finished, and what has changed since lets it go on. Raises StageError."""
    if not set(changed) <= {"epochs", "patience"} or given["epochs"] < held["epochs"]:
        return False
    last = last_complete(folder)
    if not last:
        return not held["epochs"]  # the base was measured, and nothing trained
    if not is_finished(last, held["epochs"], held["patience"]):
        return False
    if is_tired(last, given["patience"]):
        raise StageError(
            f"{folder.parent} stopped after {given['patience']} epochs without better accuracy: "
            "raise --patience as well as --epochs to go on."
        )
    return not is_finished(last, given["epochs"], given["patience"])


def read_settings(folder: Path) -> dict[str, Any]:
    """A folder of checkpoints -> the numbers and settings of their run; empty if not saved."""
    path = folder / SETTINGS_FILE
    held = json.loads(path.read_text()) if path.is_file() else {}
    held = {RENAMED.get(name, name): value for name, value in held.items()}  # older names
    if isinstance(teacher := held.get("teacher"), str):
        held["teacher"] = [teacher] if teacher else []
    return held


def with_held(settings: Settings, held: dict[str, Any]) -> Settings:
    """Settings, and those saved with a run -> the settings that trained it."""
    return with_values(
        settings, **{name: held[name] for name in values_of(settings) if name in held}
    )


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
        freeze_epochs: float,
        seconds: float,
    ) -> None:
        """seconds: already spent on this run."""
        self._average, self._sampler, self._seed = average, sampler, seed
        self._freeze_epochs = freeze_epochs
        self._start = time.monotonic() - seconds

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Start an epoch with a new order and new views."""
        self._sampler.set_epoch(int(state.epoch or 0))

    def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Unfreeze the network when due; seed dropout by seed, step and process alone."""
        if self._freeze_epochs:
            frozen = frozen_steps(self._freeze_epochs, args.num_train_epochs, state.max_steps)
            freeze(given["model"], state.global_step < frozen)
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
