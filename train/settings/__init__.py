"""Every number of a run, with its help and unit; each stage's command line is made from these."""

from typing import Any

from .base import RunSettings, parts_of, setting, values_of, with_values
from .data import CollectSettings, CropSettings, DataSettings, LabelSettings
from .fit import (
    ArchitectureSettings,
    AveragingSettings,
    CalibrationSettings,
    DistillationSettings,
    FitSettings,
    InputSettings,
    LossSettings,
    OptimizerSettings,
    RuntimeSettings,
    ScheduleSettings,
)
from .flags import RENAMED, parse_flags
from .hub import DeploySettings, PublishDataSettings, PublishSettings
from .model import (
    AugmentSettings,
    BaselineSettings,
    CardSettings,
    ChooseSettings,
    EvaluateSettings,
    ExportSettings,
)

__all__ = [
    "ALL",
    "RENAMED",
    "ArchitectureSettings",
    "AugmentSettings",
    "AveragingSettings",
    "BaselineSettings",
    "CalibrationSettings",
    "CardSettings",
    "ChooseSettings",
    "CollectSettings",
    "CropSettings",
    "DataSettings",
    "DeploySettings",
    "DistillationSettings",
    "EvaluateSettings",
    "ExportSettings",
    "FitSettings",
    "InputSettings",
    "LabelSettings",
    "LossSettings",
    "OptimizerSettings",
    "PublishDataSettings",
    "PublishSettings",
    "RunSettings",
    "RuntimeSettings",
    "ScheduleSettings",
    "parse",
    "parts_of",
    "setting",
    "values_of",
    "with_values",
]

ALL = (
    RunSettings,
    DataSettings,
    CropSettings,
    AugmentSettings,
    FitSettings,
    ExportSettings,
    EvaluateSettings,
    CardSettings,
    BaselineSettings,
)


def parse(*kinds: type[Any], arguments: list[str] | None = None) -> tuple[Any, ...]:
    """Settings classes -> instances, from the command line; `--recipe FILE` reads flags from a file.

    A training stage passes over other stages' flags in a recipe, so that one recipe serves all.
    """
    trains = bool(set(kinds) & set(ALL))
    others = [kind for kind in (CollectSettings, LabelSettings, ChooseSettings, *ALL) if kind not in kinds]
    return parse_flags(kinds, others if trains else [], arguments)
