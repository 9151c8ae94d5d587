"""A stage's files: are they there, do they fit on the disk, and how they are written whole."""

import json
import os
import re
import shlex
import shutil
from filecmp import cmp
from pathlib import Path

from PIL import Image

from face_gender.runtime.files import atomic_write

from .errors import StageError

HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
NOTED = "trained_on"  # key of config.json that the card completes
MAKERS = {  # file -> the stage that writes it, in the stages' order
    "faces.json": "crops",
    "config.json": "fit",
    "preprocessor_config.json": "fit",
    "model.safetensors": "fit",
    "model.onnx": "export",
    "metrics.json": "evaluate",
    "README.md": "card",
}


def run_first(stage: str, folder: Path) -> str:
    """A stage and the folder it writes -> words that tell a person to run it."""
    own = folder.name in (stage, "model", "crops")
    return f"run `make {stage}{f' OUT={shlex.quote(str(folder.parent))}' if own else ''}` first"


def check_made(folder: Path, *files: str) -> None:
    """Raises StageError if a stage's folder lacks a file; the error names the stage to run."""
    for name in files:
        if not (folder / name).is_file():
            raise StageError(f"There is no {folder / name}: {run_first(MAKERS[name], folder)}.")


def check_checkpoint(name: str) -> None:
    """Raises StageError if a checkpoint's name is a path without a model."""
    path = Path(name)
    if not path.is_dir() and (path.parent.is_dir() or not HUB_NAME.fullmatch(name)) and "/" in name:
        raise StageError(f"There is no model in {name}: {run_first('fit', path)}, or name another.")


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as beside:
        picture.save(beside, "PNG")


def make_readable(folder: Path) -> None:
    """Give a folder's files the mode that the umask asks for; safetensors writes 0600."""
    mask = os.umask(0)
    os.umask(mask)
    for path in folder.iterdir():
        if path.is_file():
            path.chmod(0o666 & ~mask)


def check_disk(folder: Path, needed: float) -> None:
    """Raises StageError if fewer than `needed` bytes are free for `folder`, which may not exist."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if needed > free:
        wanted, left = f"{needed / 1e6:,.1f} MB", f"{free / 1e6:,.1f} MB"
        raise StageError(f"{folder} needs about {wanted}, but only {left} are free on its disk.")


def replace_folder(beside: Path, folder: Path) -> None:
    """Put a finished folder in place of another: readers see the old one, none, or the new one.

    An old one with the same files keeps all that it has; else what goes with it is told.
    """
    new, had = files_below(beside), files_below(folder)
    if had and new <= had and all(same(beside / path, folder / path) for path in new):
        shutil.rmtree(beside)
        return
    if lost := sorted(map(str, had - new)):
        print(f"{folder} is replaced; what was made of the old one goes: {', '.join(lost)}.")
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def same(one: Path, other: Path) -> bool:
    """Whether two files have the same content, but for what the card adds to a `config.json`."""
    if one.name != "config.json":
        return cmp(one, other, shallow=False)
    ours, theirs = (json.loads(path.read_text()) | {NOTED: None} for path in (one, other))
    return bool(ours == theirs)


def files_below(folder: Path) -> set[Path]:
    """A folder -> all files in it, relative to it; none if there is no folder."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
