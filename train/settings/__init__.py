"""Every setting of a run, with its help and unit; the command lines are made from these."""

from .base import RunSettings, parts_of, setting, values_of, with_values
from .data import AnnotateSettings, CollectSettings, CropSettings, DataSettings
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
from .hub import DeploySettings, PublishDataSettings, PublishSettings
from .model import (
    AugmentSettings,
    BaselineSettings,
    CardSettings,
    EvaluateSettings,
    ExportSettings,
    PretrainSettings,
    SelectSettings,
)
from .renamed import RENAMED

__all__ = [
    "ALL",
    "RENAMED",
    "ArchitectureSettings",
    "AugmentSettings",
    "AveragingSettings",
    "BaselineSettings",
    "CalibrationSettings",
    "CardSettings",
    "SelectSettings",
    "CollectSettings",
    "CropSettings",
    "DataSettings",
    "DeploySettings",
    "DistillationSettings",
    "EvaluateSettings",
    "ExportSettings",
    "FitSettings",
    "InputSettings",
    "AnnotateSettings",
    "LossSettings",
    "OptimizerSettings",
    "PretrainSettings",
    "PublishDataSettings",
    "PublishSettings",
    "RunSettings",
    "RuntimeSettings",
    "ScheduleSettings",
    "parts_of",
    "setting",
    "values_of",
    "with_values",
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
