"""Every setting of a run, with its help and unit; command lines are built from these."""

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
    CHECKPOINT,
    AugmentSettings,
    BaselineSettings,
    CardSettings,
    EvaluateSettings,
    ExportSettings,
    PrecisionSettings,
    PublicSettings,
    ReproduceSettings,
    SelectSettings,
)
from .renamed import REMOVED, RENAMED

__all__ = [
    "ALL",
    "CHECKPOINT",
    "REMOVED",
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
    "PrecisionSettings",
    "PublicSettings",
    "PublishDataSettings",
    "PublishSettings",
    "ReproduceSettings",
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
    AugmentSettings,
    FitSettings,
    ExportSettings,
    EvaluateSettings,
    CardSettings,
    BaselineSettings,
)
