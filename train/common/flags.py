"""Command line and recipe -> settings; what a stage does not take is refused in a sentence."""

import shlex
import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from face_gender.runtime.texts import read_text

from ..settings import (
    ALL,
    REMOVED,
    RENAMED,
    AnnotateSettings,
    CollectSettings,
    SelectSettings,
    parts_of,
)
from .texts import given_path


def parse(*kinds: type[Any], arguments: list[str] | None = None) -> tuple[Any, ...]:
    """Settings classes -> instances, from the command line and the file after `--recipe`.

    A recipe serves every stage, so a training stage ignores other stages' flags in it; typed by
    hand they are refused, as is everything unknown. Ends the program with exit code 2.
    """
    trains = bool(set(kinds) & set(ALL))
    stages = (CollectSettings, AnnotateSettings, SelectSettings, *ALL)
    return _parse(
        kinds, [kind for kind in stages if kind not in kinds] if trains else [], arguments
    )


def _parse(
    kinds: Sequence[type[Any]], others: Sequence[type[Any]], arguments: list[str] | None
) -> tuple[Any, ...]:
    """As `parse`; others: settings classes whose flags a recipe may contain as well."""
    from transformers import HfArgumentParser  # slow to import, and workers do not need it

    parts = [part for kind in kinds for part in parts_of(kind)]
    parser = HfArgumentParser(
        parts, allow_abbrev=False, usage="%(prog)s [--recipe FILE] [--FLAG VALUE]..."
    )
    parser.add_argument("--recipe", type=Path, help="file of flags; flags on the command line win")
    _say_what_no_does(parser)
    recipe, given = _split_off_recipe(sys.argv[1:] if arguments is None else arguments)
    try:
        words = [*_read_recipe(recipe, names_of(kinds), names_of(others)), *_at_home(given)]
        *found, rest = parser.parse_args_into_dataclasses(
            words, return_remaining_strings=True, look_for_args_file=False
        )
        if rest:
            raise ValueError(why_refused(rest[0], names_of(others)))
        settings = tuple(_bundle(kind, dict(zip(parts, found, strict=False))) for kind in kinds)
    except ValueError as error:
        parser.error(str(error))
    return settings


def _say_what_no_does(parser: ArgumentParser) -> None:
    """Give each `--no_...` a help of its own; HfArgumentParser repeats that of the switch."""
    for action in parser._actions:
        if action.option_strings and action.option_strings[0].startswith("--no_"):
            action.help = f"turn --{action.dest} off"
            action.default = SUPPRESS  # which the help would show, and argparse does not need


def _bundle(kind: type[Any], found: dict[type[Any], Any]) -> Any:
    """A settings class and instances by class -> its instance. Raises ValueError on a clash."""
    if kind in found:
        return found[kind]
    return kind(**{each.name: found[each.type] for each in fields(kind)})  # type: ignore[index]


def names_of(kinds: Sequence[type[Any]]) -> set[str]:
    """Settings classes -> names of their flags, with `no_...` for switches."""
    names = {each.name for kind in kinds for part in parts_of(kind) for each in fields(part)}
    return names | {f"no_{name}" for name in names}


def why_refused(word: str, others: set[str]) -> str:
    """A word that this stage does not take -> what is wrong with it, and what to do."""
    name = _name_of(word)
    if not word.startswith("-"):
        return f"the word {word!r} belongs to no flag: put values with spaces in quotes"
    if not word.startswith("--"):
        return f"{word} has one dash: flags start with two, such as --{name or 'out'}"
    if name in RENAMED:
        return f"--{name} is now --{RENAMED[name]}"
    if name in REMOVED:
        return f"--{name} is gone, since {REMOVED[name]}"
    if name in others:
        return f"--{name} belongs to another stage: leave it out, or put it in a recipe"
    return f"there is no flag --{name}: --help lists them all"


def _name_of(word: str) -> str:
    """A flag as typed, `--batch-size=8` -> its name, `batch_size`."""
    return word.split("=")[0].lstrip("-").replace("-", "_")


def _split_off_recipe(given: list[str]) -> tuple[Path | None, list[str]]:
    recipes = ArgumentParser(add_help=False, allow_abbrev=False)
    recipes.add_argument("--recipe", type=Path)
    asked, others = recipes.parse_known_args(given)
    return asked.recipe, others


def _read_recipe(recipe: Path | None, own: set[str], others: set[str]) -> Iterator[str]:
    """A recipe -> the words of this stage's flags; what follows a # is a comment."""
    if recipe is None:
        return
    try:
        words = shlex.split(read_text(given_path(str(recipe))), comments=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"the recipe {recipe} cannot be read: {error}") from error
    taken = True
    for word in words:
        if word.startswith("--"):
            name = _name_of(word)
            if name not in own | others:
                raise ValueError(f"the recipe {recipe} cannot be used: {why_refused(word, others)}")
            taken = name in own
        if taken:
            yield word


def _at_home(words: list[str]) -> Iterator[str]:
    """Words -> the same with `~/` expanded: the Makefile quotes them, so no shell does it."""
    return (str(Path(word).expanduser()) if word.startswith("~/") else word for word in words)
