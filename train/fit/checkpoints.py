"""A run's checkpoints -> the latest complete one, whether it is the last, and its settings."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from face_gender.runtime.files import write_text

from ..common.errors import StageError
from ..settings import RENAMED, AugmentSettings, FitSettings, values_of, with_values

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
