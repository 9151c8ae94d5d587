"""Settings of training: a class for each concern, and their bundle."""

from dataclasses import dataclass, field
from typing import Literal

from .base import ABOVE_0, BELOW_1, FROM_0, FROM_1, UNIT, Range, Settings, setting


@dataclass(frozen=True)
class ArchitectureSettings(Settings):
    """The network: a checkpoint to start from, or one of our own from scratch."""

    base_model: str = setting(
        "",
        "checkpoint to start from: a folder or a Hub name; empty: our own network",
    )
    network: Literal["vit", "resnet"] = setting("vit", "kind of our own network")
    patch_size: int = setting(12, "px, side of a patch in our own ViT", FROM_1)
    hidden_size: int = setting(256, "size of a token's vector in our own ViT", FROM_1)
    layers: int = setting(8, "layers of our own ViT", FROM_1)
    heads: int = setting(4, "attention heads per layer of our own ViT", FROM_1)
    mlp_size: int = setting(768, "hidden size of each MLP in our own ViT", FROM_1)
    width: int = setting(
        48,
        "channels in the first of our own ResNet's four stages; each later stage doubles them",
        FROM_1,
    )

    def __post_init__(self) -> None:
        """Raises ValueError if a number is out of its range, or the heads cannot share a token."""
        super().__post_init__()
        if self.hidden_size % self.heads or self.hidden_size % 4:
            raise ValueError(
                f"--hidden_size should be a multiple of 4 and of --heads {self.heads}, "
                f"got {self.hidden_size}"
            )


@dataclass(frozen=True)
class OptimizerSettings(Settings):
    """The optimizer, and how far each step goes."""

    batch_size: int = setting(64, "faces per pass through the network, over all processes", FROM_1)
    accumulate: int = setting(1, "passes per step", FROM_1)
    learning_rate: float = setting(
        1e-3, "peak learning rate, after warm-up and before cosine decay", Range(above=0, most=10)
    )
    weight_decay: float = setting(0.05, "weight decay of matrices", UNIT)
    layer_decay: float = setting(
        1.0,
        "factor on the learning rate from each block to the one before it; 1 for none",
        Range(above=0, most=1),
    )
    head_factor: float = setting(1.0, "factor on the learning rate of the classifier", ABOVE_0)
    muon: bool = setting(
        True,
        "Muon for hidden matrices; if off: AdamW for all, as public checkpoints were trained",
    )


@dataclass(frozen=True)
class ScheduleSettings(Settings):
    """How long training lasts, and what learns when."""

    epochs: float = setting(12.0, "passes over the training faces", FROM_0)
    warmup: float = setting(
        0.05, "share of the steps in which the learning rate rises, after --freeze_epochs", BELOW_1
    )
    freeze_epochs: float = setting(
        0.0, "epochs, at first, in which only the classifier learns", FROM_0
    )
    freeze_blocks: int = setting(
        0, "first blocks of the network that never learn, with all that comes before them", FROM_0
    )
    patience: int = setting(
        0,
        "epochs without better accuracy on the selection split before stopping; 0 never stops",
        FROM_0,
    )
    patch_dropout: float = setting(
        0.0,
        "share of a ViT's patches left out of each training step, drawn anew for each face",
        BELOW_1,
    )


@dataclass(frozen=True)
class LossSettings(Settings):
    """The terms of the loss, and their weights."""

    balance: Literal["none", "weights"] = setting(
        "none", "`weights` gives rare classes more weight in the loss"
    )
    group_weights: list[str] = field(
        default_factory=list,
        metadata={
            "help": "groups and their loss weights, such as age=3-9:1.5 race=Black,label=Female:1.3"
        },
    )
    aux_targets: list[str] = field(
        default_factory=list,
        metadata={
            "help": "other columns to learn too, such as age, with heads that training then removes"
        },
    )
    aux_weight: float = setting(
        0.2, "weight of the cross-entropy of each --aux_targets column", FROM_0
    )
    views: int = setting(
        1,
        "views of each face in a batch, each augmented separately; multiplies an epoch's length",
        FROM_1,
    )
    consistency_weight: float = setting(
        0.0, "weight of the views' distance from their mean", FROM_0
    )

    def __post_init__(self) -> None:
        """Raises ValueError if a number is out of its range, or there are too few views."""
        super().__post_init__()
        if self.consistency_weight and self.views < 2:
            raise ValueError("--views should be at least 2 with --consistency_weight, got 1")


@dataclass(frozen=True)
class DistillationSettings(Settings):
    """What a student learns from a teacher."""

    teacher: list[str] = field(
        default_factory=list,
        metadata={
            "help": "checkpoints that give soft labels: folders or Hub names; several are averaged"
        },
    )
    distill_weight: float = setting(
        0.5, "weight of the teacher in the loss; the labels get the rest", UNIT
    )
    teacher_temperature: float = setting(
        2.0, "temperature that softens the teacher's labels", ABOVE_0
    )
    precompute_teacher: bool = setting(
        False,
        "label each face once, over some boxes and their mirror images, not every augmented crop",
    )
    teacher_boxes: int = setting(
        5,
        "of a face, with --precompute_teacher: its own, and it moved left, right, up and down",
        Range(least=1, most=5),
    )

    def __post_init__(self) -> None:
        """Raises ValueError if a number is out of its range, or teachers label each crop."""
        super().__post_init__()
        if len(self.teacher) > 1 and not self.precompute_teacher:
            raise ValueError("several teachers go with --precompute_teacher only: add it")


@dataclass(frozen=True)
class AveragingSettings(Settings):
    """Which weights to average at the end."""

    ema: float = setting(
        0.999,
        "decay per step of the averaged weights, which the model keeps; 0 keeps the last ones",
        BELOW_1,
    )
    average_weights: list[str] = field(
        default_factory=list,
        metadata={
            "help": "other models and their shares of the final weights, such as runs/a/model:0.25"
        },
    )


@dataclass(frozen=True)
class CalibrationSettings(Settings):
    """When a score counts as a decision."""

    coverage: float = setting(
        0.9,
        "share of calibration faces that get a decision; sets the threshold",
        Range(above=0, most=1),
    )


@dataclass(frozen=True)
class InputSettings(Settings):
    """Where to stream faces from, without storing them."""

    stream: str = setting(
        "",
        "Hub data set or folder of crops to stream, not store; empty: the run's own crops",
    )


@dataclass(frozen=True)
class RuntimeSettings(Settings):
    """How a run computes, saves and logs."""

    bf16: bool = setting(True, "bfloat16 autocast, if the processor has instructions for it")
    save_steps: int = setting(500, "steps between checkpoints", FROM_1)
    log_steps: int = setting(50, "steps to average each logged loss over", FROM_1)


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
        """Raises ValueError if nothing would be trained, or a stream lacks what is asked."""
        if not self.schedule.epochs and not self.architecture.base_model:
            raise ValueError("--epochs 0 trains nothing: name the --base_model to measure")
        if not self.input.stream:
            return
        loss = self.loss
        if loss.group_weights or loss.aux_targets or loss.views > 1:
            raise ValueError("--group_weights, --aux_targets and --views do not go with --stream")
        if self.distillation.precompute_teacher:
            raise ValueError(
                "--precompute_teacher labels stored faces: it does not go with --stream"
            )
