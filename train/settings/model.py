"""Settings from crops to a measured model folder."""

from dataclasses import dataclass, field

from .base import Settings, setting


@dataclass(frozen=True)
class AugmentSettings(Settings):
    """How far each change of a training crop goes; each *_prob is per face."""

    shift: float = setting(0.06, "of the crop's side, each way: a detector's box is never the same twice")
    scale: float = setting(0.12, "log of the crop's side, each way")
    rotation: float = setting(10.0, "degrees, each way")
    brightness: float = setting(0.3, "factor from 1 - this to 1 + this")
    contrast: float = setting(0.3, "factor from 1 - this to 1 + this")
    colour: float = setting(0.5, "factor from 1 - this to 1 + this")
    grey_prob: float = setting(0.1, "chance of a grey picture")
    blur_prob: float = setting(0.1, "chance of a Gaussian blur of up to 1.5 px")
    low_res_prob: float = setting(0.1, "chance of a lower resolution")
    low_res_side: float = setting(24.0, "px, least side of a face at lower resolution")
    jpeg_prob: float = setting(0.1, "chance of a JPEG of quality 20 to 90")
    erase_prob: float = setting(0.2, "chance of a grey rectangle over up to a fifth of the face")
    mask_prob: float = setting(0.1, "chance of a painted face mask")
    sunglasses_prob: float = setting(0.05, "chance of painted sunglasses")
    covering_prob: float = setting(0.05, "chance of a painted head covering")


@dataclass(frozen=True)
class ExportSettings(Settings):
    """Model folder -> ONNX: what int8 must hold against float, on the same faces, to be served."""

    export_faces: int = setting(2000, "calibration faces that are compared")
    same_label: float = setting(0.995, "least share of faces with the same label")
    median_difference: float = setting(0.01, "largest median difference of a score")
    accuracy_points: float = setting(0.2, "largest difference of accuracy, in points")
    mtcnn: str = setting("", "only write MTCNN's three networks, from the installed facenet-pytorch, into this folder")


@dataclass(frozen=True)
class EvaluateSettings(Settings):
    """Model folder + held-out photos -> metrics.json, plots, contact sheets."""

    robustness: bool = setting(True, "score every found face behind masks, blurred, small, ... too: fifteen times the work")
    compare: list[str] = field(
        default_factory=list,
        metadata={"help": "folders of models to put side by side, others are tested against the first"},
    )


@dataclass(frozen=True)
class ChooseSettings(Settings):
    """Models and means of their weights -> a table of held-out training faces."""

    means: list[str] = field(
        default_factory=list,
        metadata={"help": "folders, or means of several: runs/a/model+runs/b/model:0.2, of which the first has what is left"},
    )
    by: list[str] = field(default_factory=list, metadata={"help": 'groups to tell apart, such as "age band" "label x race"'})


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """Crops -> the classical methods, and what they would have got."""

    baselines: str = setting("eigenfaces,cnn,detectors", "which of the three to measure; empty for none")
    svm_faces: int = setting(4000, "training faces of the eigenfaces: an SVM's time grows with their square")
    cnn_epochs: float = setting(8.0, "passes of the small CNN over the training faces")
    detector_photos: int = setting(1000, "test photos on which MTCNN and the Haar cascade are compared")


@dataclass(frozen=True)
class CardSettings(Settings):
    """What the model card says that nothing else knows."""

    data_name: str = setting("", "the data set's name on the Hub, where --data is a copy of it")
    data_licence: str = setting("", "of the data set, as the Hub names it; empty: the card says that it was not stated")
    data_note: str = setting("", "what more the card says of the data, such as how much of them was used")
    history: str = setting("", "a sentence about the runs before the last")
    contact: str = setting("the discussions of this repository", "where to write about the model")
