"""Every number of a run, with its help and unit; each stage's command line is made from these."""

import shlex
import sys
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..common.texts import given_path, read_text
from .base import RunSettings, setting
from .data import CollectSettings, CropSettings, DataSettings, LabelSettings
from .hub import DeploySettings, PublishDataSettings, PublishSettings
from .model import (
    AugmentSettings,
    BaselineSettings,
    CardSettings,
    ChooseSettings,
    EvaluateSettings,
    ExportSettings,
    FitSettings,
    PretrainSettings,
)

__all__ = [
    "ALL",
    "AugmentSettings",
    "BaselineSettings",
    "CardSettings",
    "ChooseSettings",
    "CollectSettings",
    "CropSettings",
    "DataSettings",
    "DeploySettings",
    "EvaluateSettings",
    "ExportSettings",
    "FitSettings",
    "LabelSettings",
    "PretrainSettings",
    "PublishDataSettings",
    "PublishSettings",
    "RunSettings",
    "parse",
    "setting",
]

ALL = (
    RunSettings,
    DataSettings,
    CropSettings,
    PretrainSettings,
    AugmentSettings,
    FitSettings,
    ExportSettings,
    EvaluateSettings,
    CardSettings,
    BaselineSettings,
)


def parse(*kinds: type[Any], arguments: list[str] | None = None) -> tuple[Any, ...]:
    """Settings classes -> instances, from the command line; `--recipe FILE` reads flags from a file.

    A training stage lets flags of the others pass, so that one recipe serves every stage; an unknown flag ends the program.
    """
    from transformers import HfArgumentParser  # seconds and 100 MB, which workers that are given their settings do without

    parser = HfArgumentParser(kinds, allow_abbrev=False)  # another stage's `--mask` is not short for `--masked`
    parser.add_argument("--recipe", type=Path, help="file of flags, one published result each; flags beside it win")
    *found, rest = parser.parse_args_into_dataclasses(
        _with_recipe(parser, sys.argv[1:] if arguments is None else arguments),
        return_remaining_strings=True,
        look_for_args_file=False,
    )
    kinds_known = (CollectSettings, LabelSettings, *ALL) if set(kinds) & set(ALL) else kinds
    known = {f"--{start}{name.name}" for start in ("", "no_") for kind in kinds_known for name in fields(kind)}
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    if unknown:
        parser.error(f"unknown flags: {' '.join(unknown)}")
    return tuple(found[: len(kinds)])


def _with_recipe(parser: ArgumentParser, given: list[str]) -> list[str]:
    """A command line -> the same with the recipe's flags before its own; what follows a # in a recipe is for people."""
    recipes = ArgumentParser(add_help=False, allow_abbrev=False)
    recipes.add_argument("--recipe", type=Path)
    asked, others = recipes.parse_known_args(given)
    if asked.recipe is None:
        return others
    try:
        return [*shlex.split(read_text(given_path(str(asked.recipe))), comments=True), *others]
    except (OSError, ValueError) as error:
        parser.error(f"the recipe {asked.recipe} cannot be read: {error}")
