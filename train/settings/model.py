"""Settings from crops to a measured model folder."""

from dataclasses import dataclass, field
from typing import Literal

from .base import setting


@dataclass(frozen=True)
class PretrainSettings:
    """Unlabelled crops -> backbone, by masked autoencoding."""

    pretrain_epochs: int = setting(0, "passes over the crops before anything is learnt of their classes; 0 leaves it out")
    pretrain_batch: int = setting(256, "faces a step")
    pretrain_rate: float = setting(1.5e-3, "peak learning rate, after warm-up, before the cosine")
    masked: float = setting(0.75, "share of the patches that is hidden")
    decoder_size: int = setting(128, "width of the decoder, which is thrown away afterwards")
    decoder_layers: int = setting(2, "of the decoder")


@dataclass(frozen=True)
class FitSettings:
    """Crops -> model folder."""

    base_model: str = setting(
        "",
        "checkpoint to start from, a folder or a Hub name; empty: a network of our own, from scratch",
    )
    add_layers: int = setting(0, "blocks put evenly between the base model's, a ViT's, which start by changing nothing")
    network: Literal["vit", "resnet"] = setting("vit", "kind of our own network")
    patch_size: int = setting(12, "px, of our own ViT")
    hidden_size: int = setting(256, "of our own ViT")
    layers: int = setting(8, "of our own ViT")
    heads: int = setting(4, "of our own ViT")
    mlp_size: int = setting(768, "of our own ViT")
    width: int = setting(48, "channels of the first of our own ResNet's four stages; each doubles it")
    epochs: float = setting(12.0, "passes over the training faces")
    batch_size: int = setting(64, "faces a pass through the network, of all processes together")
    accumulate: int = setting(1, "passes a step")
    learning_rate: float = setting(1e-3, "peak, after warm-up, before the cosine")
    weight_decay: float = setting(0.05, "of matrices")
    layer_decay: float = setting(1.0, "factor of the learning rate from each block to the one before it; 1 for none")
    muon: bool = setting(True, "Muon for hidden matrices; without: AdamW for all, as others' checkpoints were trained")
    warmup: float = setting(0.05, "share of the steps")
    freeze_epochs: int = setting(0, "epochs in which only the classifier learns")
    stop_after: int = setting(0, "epochs without a better accuracy on the selection part after which to stop; 0 never stops")
    balance: Literal["none", "weights", "sampler"] = setting(
        "none", "against rare classes: weigh their loss, or draw them more often"
    )
    weigh: list[str] = field(
        default_factory=list,
        metadata={"help": "groups and their weight in the loss, such as age=3-9:1.5 or race=Black,label=Female:1.3"},
    )
    also: list[str] = field(
        default_factory=list,
        metadata={"help": "other columns to learn too, such as age, so as to see more; what tells them is thrown away"},
    )
    also_weight: float = setting(0.2, "of each such column's cross-entropy in the loss")
    looks: int = setting(1, "at each face in a batch, augmented each by itself; an epoch is as much longer")
    agreement: float = setting(0.0, "weight of the looks' distance from their mean")
    teacher: str = setting("", "checkpoint to learn soft labels from, a folder or a Hub name")
    teacher_share: float = setting(0.5, "of the loss; the rest is the labels'")
    teacher_features: float = setting(0.0, "weight of the distance from the teacher's feature maps; 0 for its labels alone")
    teacher_temperature: float = setting(2.0, "that softens the teacher's labels")
    teacher_once: bool = setting(
        False, "soft labels once a face, its mean over five boxes and their mirror images; not anew for each augmented crop"
    )
    ema: float = setting(0.999, "decay a step of the averaged weights, which are the ones kept; 0 keeps the last")
    soup: list[str] = field(
        default_factory=list,
        metadata={"help": "other models and their share of the weights in the end, such as runs/a/model:0.25 runs/b/model:0.5"},
    )
    coverage: float = setting(0.9, "share of calibration faces that get a decision; sets the threshold")
    bf16: bool = setting(True, "bfloat16 autocast")
    save_steps: int = setting(500, "steps between checkpoints")
    log_steps: int = setting(50, "steps over which a logged loss is the mean")
    stream: str = setting("", "Hub data set of crops, or folder, to train on as it comes, never stored; empty: the run's own")


@dataclass(frozen=True)
class AugmentSettings:
    """How far each change of a training crop goes; chances are per face."""

    shift: float = setting(0.06, "of the crop's side, each way: a detector's box is never the same twice")
    scale: float = setting(0.12, "log of the crop's side, each way")
    rotation: float = setting(10.0, "degrees, each way")
    brightness: float = setting(0.3, "factor from 1 - this to 1 + this")
    contrast: float = setting(0.3, "factor from 1 - this to 1 + this")
    colour: float = setting(0.5, "factor from 1 - this to 1 + this")
    grey: float = setting(0.1, "chance of a grey picture")
    blur: float = setting(0.1, "chance of a Gaussian blur of up to 1.5 px")
    small: float = setting(0.1, "chance of a lower resolution")
    small_side: float = setting(24.0, "px, least side of a face at lower resolution")
    jpeg: float = setting(0.1, "chance of a JPEG of quality 20 to 90")
    erase: float = setting(0.2, "chance of a grey rectangle over up to a fifth of the face")
    mask: float = setting(0.1, "chance of a painted face mask")
    sunglasses: float = setting(0.05, "chance of painted sunglasses")
    covering: float = setting(0.05, "chance of a painted head covering")


@dataclass(frozen=True)
class ExportSettings:
    """Model folder -> ONNX: what int8 must hold against float, on the same faces, to be served."""

    export_faces: int = setting(2000, "calibration faces that are compared")
    same_label: float = setting(0.995, "least share of faces with the same label")
    median_difference: float = setting(0.01, "largest median difference of a score")
    accuracy_points: float = setting(0.2, "largest difference of accuracy, in points")
    mtcnn: str = setting("", "only write MTCNN's three networks, from the installed facenet-pytorch, into this folder")


@dataclass(frozen=True)
class EvaluateSettings:
    """Model folder + held-out photos -> metrics.json, plots, contact sheets."""

    robustness: bool = setting(True, "score every found face behind masks, blurred, small, ... too: fifteen times the work")
    compare: list[str] = field(
        default_factory=list,
        metadata={"help": "folders of models to put side by side, others are tested against the first"},
    )


@dataclass(frozen=True)
class ChooseSettings:
    """Models and means of their weights -> a table of held-out training faces."""

    means: list[str] = field(
        default_factory=list,
        metadata={"help": "folders, or means of several: runs/a/model+runs/b/model:0.2, of which the first has what is left"},
    )
    by: list[str] = field(default_factory=list, metadata={"help": 'groups to tell apart, such as "age band" "label x race"'})


@dataclass(frozen=True)
class BaselineSettings:
    """Crops -> the classical methods, and what they would have got."""

    baselines: str = setting("eigenfaces,cnn,detectors", "which of the three to measure; empty for none")
    svm_faces: int = setting(4000, "training faces of the eigenfaces: an SVM's time grows with their square")
    cnn_epochs: float = setting(8.0, "passes of the small CNN over the training faces")
    detector_photos: int = setting(1000, "test photos on which MTCNN and the Haar cascade are compared")


@dataclass(frozen=True)
class CardSettings:
    """What the model card says that nothing else knows."""

    data_name: str = setting("", "the data set's name on the Hub, where --data is a copy of it")
    data_licence: str = setting("", "of the data set, as the Hub names it; empty: the card says that it was not stated")
    data_note: str = setting("", "what more the card says of the data, such as how much of them was used")
    history: str = setting("", "a sentence about the runs before the last")
    contact: str = setting("the discussions of this repository", "where to write about the model")
