"""Settings of training, a class for each concern, and their bundle."""

from dataclasses import dataclass, field
from typing import Literal

from .base import Settings, setting


@dataclass(frozen=True)
class ArchitectureSettings(Settings):
    """The network: a checkpoint to start from, or one of our own from scratch."""

    base_model: str = setting(
        "",
        "checkpoint to start from, a folder or a Hub name; empty: a network of our own",
    )
    network: Literal["vit", "resnet"] = setting("vit", "kind of our own network")
    patch_size: int = setting(12, "px, of our own ViT")
    hidden_size: int = setting(256, "of our own ViT")
    layers: int = setting(8, "of our own ViT")
    heads: int = setting(4, "of our own ViT")
    mlp_size: int = setting(768, "of our own ViT")
    width: int = setting(
        48, "channels of the first of our own ResNet's four stages; each doubles it"
    )


@dataclass(frozen=True)
class OptimizerSettings(Settings):
    """How far each step goes."""

    batch_size: int = setting(64, "faces a pass through the network, of all processes together")
    accumulate: int = setting(1, "passes a step")
    learning_rate: float = setting(1e-3, "peak, after warm-up, before the cosine")
    weight_decay: float = setting(0.05, "of matrices")
    layer_decay: float = setting(
        1.0, "factor of the learning rate from each block to the one before it; 1 for none"
    )
    head_factor: float = setting(1.0, "of the learning rate, for the classifier")
    muon: bool = setting(
        True,
        "Muon for hidden matrices; without: AdamW for all, as others' checkpoints were trained",
    )


@dataclass(frozen=True)
class ScheduleSettings(Settings):
    """How long training lasts, and what learns when."""

    epochs: float = setting(12.0, "passes over the training faces")
    warmup: float = setting(0.05, "share of the steps")
    freeze_epochs: int = setting(0, "epochs in which only the classifier learns")
    patience: int = setting(
        0,
        "epochs without a better accuracy on the selection part after which to stop; 0 never stops",
    )


@dataclass(frozen=True)
class LossSettings(Settings):
    """What the loss counts, and how much."""

    balance: Literal["none", "weights"] = setting(
        "none", "`weights` weighs rare classes' loss more"
    )
    group_weights: list[str] = field(
        default_factory=list,
        metadata={
            "help": "groups and their weight in the loss: age=3-9:1.5 race=Black,label=Female:1.3"
        },
    )
    aux_targets: list[str] = field(
        default_factory=list,
        metadata={
            "help": "other columns to learn too, such as age, by heads that are then removed"
        },
    )
    aux_weight: float = setting(0.2, "of each such column's cross-entropy in the loss")
    views: int = setting(
        1, "of each face in a batch, augmented each by itself; an epoch is as much longer"
    )
    consistency_weight: float = setting(0.0, "weight of the views' distance from their mean")

    def __post_init__(self) -> None:
        """Raises ValueError where there are too few views."""
        if self.views < 1 + (self.consistency_weight > 0):
            raise ValueError(
                "--views should be at least 1, and at least 2 with --consistency_weight"
            )


@dataclass(frozen=True)
class DistillationSettings(Settings):
    """What a student learns from a teacher."""

    teacher: list[str] = field(
        default_factory=list,
        metadata={
            "help": "checkpoints that give soft labels, folders or Hub names; several are averaged"
        },
    )
    distill_weight: float = setting(0.5, "of the loss; the rest is the labels'")
    teacher_temperature: float = setting(2.0, "that softens the teacher's labels")
    precompute_teacher: bool = setting(
        False,
        "label each face once, over five boxes and their mirror images, not each augmented crop",
    )

    def __post_init__(self) -> None:
        """Raises ValueError if several teachers would have to label each augmented crop."""
        if len(self.teacher) > 1 and not self.precompute_teacher:
            raise ValueError("several teachers go with --precompute_teacher only: add it")


@dataclass(frozen=True)
class AveragingSettings(Settings):
    """Which weights are averaged in the end."""

    ema: float = setting(
        0.999, "decay a step of the averaged weights, which are the ones kept; 0 keeps the last"
    )
    average_weights: list[str] = field(
        default_factory=list,
        metadata={
            "help": "other models and their share of the final weights, such as runs/a/model:0.25"
        },
    )


@dataclass(frozen=True)
class CalibrationSettings(Settings):
    """When a score is a decision."""

    coverage: float = setting(
        0.9, "share of calibration faces that get a decision; sets the threshold"
    )


@dataclass(frozen=True)
class InputSettings(Settings):
    """Faces that are never stored."""

    stream: str = setting(
        "",
        "Hub data set of crops, or folder, to train on unstored; empty: the run's own crops",
    )


@dataclass(frozen=True)
class RuntimeSettings(Settings):
    """How a run computes, saves and logs."""

    bf16: bool = setting(True, "bfloat16 autocast, where the processor has instructions for it")
    save_steps: int = setting(500, "steps between checkpoints")
    log_steps: int = setting(50, "steps over which a logged loss is the mean")


@dataclass(frozen=True)
class FitSettings(Settings):
    """Crops -> model folder: all of the above."""

    architecture: ArchitectureSettings = ArchitectureSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    loss: LossSettings = LossSettings()
    distillation: DistillationSettings = DistillationSettings()
    averaging: AveragingSettings = AveragingSettings()
    calibration: CalibrationSettings = CalibrationSettings()
    input: InputSettings = InputSettings()
    runtime: RuntimeSettings = RuntimeSettings()

    def __post_init__(self) -> None:
        """Raises ValueError where something needs stored faces, and they come as a stream."""
        if not self.input.stream:
            return
        loss = self.loss
        if loss.group_weights or loss.aux_targets or loss.views > 1:
            raise ValueError("--group_weights, --aux_targets and --views do not go with --stream")
        if self.distillation.precompute_teacher:
            raise ValueError(
                "--precompute_teacher labels stored faces: it does not go with --stream"
            )
