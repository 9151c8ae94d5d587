"""Names of folders and splits -> which are train, validation and test, in any spelling."""

import re
from collections.abc import Iterable
from pathlib import Path

from ..common.errors import StageError
from ..settings import DataSettings
from .labels import read_renames
from .split_files import VALIDATION

SPELLINGS = {
    "train": ("train", "training", "trainset", "traindata", "trainingset", "trainingdata"),
    "validation": ("validation", "val", "valid", "dev", "validate", "validationset", "valset"),
    "test": ("test", "testing", "testset", "tests", "heldout", "holdout"),
}
SPLIT_OF = {word: split for split, words in SPELLINGS.items() for word in words}
SHOWN = 8  # folders named in a sentence


def meaning(name: str) -> str | None:
    """A folder's or split's name -> `train`, `validation` or `test`; None for other names."""
    return SPLIT_OF.get(re.sub(r"[\W_]", "", name.casefold()))


def find_split(wanted: str, names: Iterable[str]) -> str | None:
    """A split's name -> the source's name for it: the same, or another spelling; None if missing.

    Raises StageError if several fit.
    """
    found = [name for name in names if name == wanted]
    found = found or [name for name in names if meaning(name) == meaning(wanted) is not None]
    if len(found) > 1:
        flag = "--train_split" if meaning(wanted) == "train" else "--test_split"
        raise StageError(
            f"Each of {sorted(found)} may be the split {wanted!r}: name one with {flag}."
        )
    return found[0] if found else None


def find_levels(files: list[Path], settings: DataSettings) -> tuple[int | None, int]:
    """Pictures below a folder -> the levels of the folders that name split (or None) and class.

    Raises StageError if that is ambiguous, with the flags that settle it.
    """
    inside: dict[str, set[str]] = {}
    for file in files:
        if len(file.parts) > 1:
            inside.setdefault(file.parts[0], set()).update(
                file.parts[1:2] if len(file.parts) > 2 else ()
            )
    named = {name for name in inside if meaning(name)}
    if set(inside) <= set(read_renames(settings.classes)):
        return None, 0
    if are_named(inside, settings) or (named and all(inside.values()) and agree(inside)):
        return 0, 1
    if named:
        return check_splits(inside, named)
    below = [word for words in inside.values() for word in words]
    in_each = all(inside.values()) and all(meaning(word) for word in below)
    return (1, 0) if in_each else (None, 0)


def check_splits(inside: dict[str, set[str]], named: set[str]) -> tuple[int, int]:
    """Folders, some named like splits -> the levels. Raises StageError if unclear."""
    if named == set(inside) and any(inside.values()):
        return 0, 1
    shown = {name: sorted(words)[:SHOWN] for name, words in sorted(inside.items())[:SHOWN]}
    raise StageError(
        f"The folders {shown} may be splits or classes. If they are splits, say --train_split and "
        "--test_split; if they are classes, --classes folder=class, comma between, for each."
    )


def are_named(inside: dict[str, set[str]], settings: DataSettings) -> bool:
    """Whether the flags name folders that hold folders: both, or one that is not the default."""
    given = (settings.train_split, settings.test_split or VALIDATION)
    there = [name for name in given if inside.get(name)]
    usual = (DataSettings().train_split, VALIDATION)
    return len(there) == len(given) or any(name not in usual for name in there)


def agree(inside: dict[str, set[str]]) -> bool:
    """Whether all folders hold folders of the same names, in any case."""
    return (
        len({frozenset(name.strip().casefold() for name in names) for names in inside.values()})
        == 1
    )
