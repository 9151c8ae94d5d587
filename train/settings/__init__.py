"""Every number of a run, with its help and unit; each stage's command line is made from these."""

import sys
from dataclasses import fields
from typing import Any

from transformers import HfArgumentParser

from .base import RunSettings, setting
from .data import CollectSettings, CropSettings, DataSettings, LabelSettings
from .hub import DeploySettings, PublishDataSettings, PublishSettings
from .model import (
    AugmentSettings,
    BaselineSettings,
    CardSettings,
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

    Flags of other stages are let pass, so that one recipe serves every stage; an unknown flag ends the program.
    """
    parser = HfArgumentParser(kinds)
    parser.add_argument("--recipe", help="file of flags, one published result each; flags beside it win")
    given = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(given):
        parser.parse_args(["--help"])  # the recipe's own parser would answer with the recipe's flag alone
    *found, rest = parser.parse_args_into_dataclasses(
        given, return_remaining_strings=True, look_for_args_file=False, args_file_flag="--recipe"
    )
    kinds_known = (CollectSettings, LabelSettings, *ALL)
    known = {f"--{start}{name.name}" for start in ("", "no_") for kind in kinds_known for name in fields(kind)}
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    if unknown:
        parser.error(f"unknown flags: {' '.join(unknown)}")
    return tuple(found[: len(kinds)])
