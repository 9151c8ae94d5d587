"""Settings of the stages from crops to a measured model folder."""

from dataclasses import dataclass, field
from typing import Literal

from .base import ABOVE_0, FROM_0, FROM_1, UNIT, Range, Settings, setting

CHECKPOINT = Literal["dinov2-small", "dlib-face-resnet"]


@dataclass(frozen=True)
class PublicSettings(Settings):
    """A public checkpoint's name -> its folder."""

    checkpoint: CHECKPOINT = setting("dinov2-small", "public checkpoint to write into --out")


@dataclass(frozen=True)
class ReproduceSettings(Settings):
    """Public checkpoints and a data set -> the shipped model."""

    student: str = setting("train/recipes/dinov2-student.txt", "recipe of the model that ships")
    teachers_recipe: str = setting(
        "train/recipes/dlib-teacher.txt", "recipe of the model that teaches it"
    )


@dataclass(frozen=True)
class AugmentSettings(Settings):
    """How far each augmentation of a training crop goes; each *_prob applies to one face."""

    shift: float = setting(
        0.06, "share of the crop's side, each way: a detector never draws the same box twice", UNIT
    )
    scale: float = setting(0.12, "log of the crop's side, each way", UNIT)
    rotation: float = setting(10.0, "degrees, each way", Range(0, 180))
    brightness: float = setting(0.3, "factor from 1 - this to 1 + this", UNIT)
    contrast: float = setting(0.3, "factor from 1 - this to 1 + this", UNIT)
    colour: float = setting(0.5, "factor from 1 - this to 1 + this", UNIT)
    grey_prob: float = setting(0.1, "chance of a grey picture", UNIT)
    blur_prob: float = setting(0.1, "chance of a Gaussian blur of up to 1.5 px", UNIT)
    low_res_prob: float = setting(0.1, "chance of a lower resolution", UNIT)
    low_res_side: float = setting(24.0, "px, smallest side of a face at lower resolution", FROM_1)
    jpeg_prob: float = setting(0.1, "chance of a JPEG of quality 20 to 90", UNIT)
    erase_prob: float = setting(
        0.2, "chance of a grey rectangle over up to a fifth of the face", UNIT
    )
    mask_prob: float = setting(0.1, "chance of a painted face mask", UNIT)
    sunglasses_prob: float = setting(0.05, "chance of painted sunglasses", UNIT)
    covering_prob: float = setting(0.05, "chance of a painted head covering", UNIT)


@dataclass(frozen=True)
class ExportSettings(Settings):
    """Model folder -> ONNX; how close int8 must come to float on the same faces to be served."""

    export_faces: int = setting(2000, "calibration faces to compare on", FROM_1)
    same_label: float = setting(0.995, "smallest share of faces that keep their label", UNIT)
    median_difference: float = setting(0.01, "largest median difference of a score", UNIT)
    accuracy_points: float = setting(
        0.2, "largest difference in accuracy, in percentage points", Range(0, 100)
    )
    mtcnn: str = setting(
        "",
        "write MTCNN's three networks from facenet-pytorch into this folder, and nothing else",
    )


@dataclass(frozen=True)
class EvaluateSettings(Settings):
    """Model folder + held-out photos -> metrics.json, plots, contact sheets."""

    split: Literal["test", "holdout"] = setting(
        "test", "`holdout` measures the second test and adds its figures; look at it once"
    )
    robustness: bool = setting(
        True, "also score every face masked, blurred, small and so on; takes fifteen times as long"
    )
    model: str = setting(
        "", "any model folder or Hub name: measured on every labelled photo of --data"
    )
    compare: list[str] = field(
        default_factory=list,
        metadata={"help": "model folders to compare; each is tested against the first"},
    )


@dataclass(frozen=True)
class SelectSettings(Settings):
    """Models and averages of their weights -> a table on held-out training faces."""

    candidates: list[str] = field(
        default_factory=list,
        metadata={
            "help": "model folders, or averages such as A+B:0.2, in which A has the other 0.8"
        },
    )
    by: list[str] = field(
        default_factory=list,
        metadata={"help": 'groups to report separately, such as "age band" "label x race"'},
    )


@dataclass(frozen=True)
class PrecisionSettings(Settings):
    """A model folder and photos -> how far its float weights lie from the file that is served."""

    model: str = setting("space/model", "folder with both model.safetensors and model.onnx")
    photos: str = setting("", "parquet file with the column image")
    faces: int = setting(1000, "photos to read, evenly spread over the file", FROM_1)


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """Crops -> classical methods, measured on the same faces."""

    baselines: str = setting(
        "eigenfaces,cnn,detectors", "which of the three to measure; empty for none"
    )
    svm_faces: int = setting(
        4000, "training faces for eigenfaces; the SVM's time grows with their square", FROM_1
    )
    cnn_epochs: float = setting(8.0, "passes of the small CNN over the training faces", ABOVE_0)
    detector_photos: int = setting(
        1000, "test photos to compare MTCNN and the Haar cascade on", FROM_1
    )


@dataclass(frozen=True)
class CardSettings(Settings):
    """What the model card says that no other stage knows."""

    data_name: str = setting("", "name of the data set on the Hub, if --data is a copy of it")
    data_licence: str = setting(
        "", "licence of the data set, as the Hub names it; empty: the card says not stated"
    )
    data_note: str = setting(
        "", "anything else the card should say about the data, such as how much was used"
    )
    test_looks: int = setting(
        0, "how often models were measured on the test; 0 says what the run itself noted", FROM_0
    )
    holdout_looks: int = setting(
        0, "how often models were measured on the holdout; 0 as above", FROM_0
    )
    history: str = setting("", "a sentence about earlier runs")
    contact: str = setting("the discussions of this repository", "where to write about the model")
