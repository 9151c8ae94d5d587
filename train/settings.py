"""Every number of a run, with its help and unit; each stage's command line is made from these."""

import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from transformers import HfArgumentParser


def setting(default: Any, help: str) -> Any:
    """A dataclass field with its help text."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class RunSettings:
    """Where everything of one run lies, and what it starts from."""

    out: str = setting("runs/default", "folder of the run; each stage writes a folder of its own in it")
    seed: int = setting(0, "of splits, weights and augmentation")

    def folder(self, stage: str) -> Path:
        """A stage's name -> its folder."""
        return Path(self.out) / stage


@dataclass(frozen=True)
class CollectSettings:
    """Addresses -> collected pictures."""

    addresses: str = setting("", "file with an address a line, or a CSV with a column `url` and any others, which are kept")
    source: str = setting("", "where the addresses are from; a CSV's own column `source` wins")
    licence: str = setting("", "of the pictures; a CSV's own column `licence` wins")
    contact: str = setting("", "address or page by which a site's owner reaches you; sent with every request")
    max_megabytes: float = setting(20.0, "MB, of one picture; a larger one is given up")
    max_seconds: float = setting(60.0, "s, of one download from first to last byte")
    tries: int = setting(4, "of an address that fails for the moment: cut, slow, busy (429) or broken (5xx)")
    backoff: float = setting(2.0, "s before the second try, doubled for each further one; a server's Retry-After is obeyed")
    patience: float = setting(
        120.0, "s, the longest wait between two tries; a server that asks for more waits for the next run"
    )
    pause: float = setting(1.0, "s between two requests to one site, or what its robots.txt asks for")
    sites: int = setting(8, "sites that are asked at the same time; each by one request at a time")


@dataclass(frozen=True)
class LabelSettings:
    """Unlabelled pictures -> labelled ones, by a person in a browser."""

    pictures: str = setting("", "folder of pictures or CSV with a column `image`; empty: what `collect` wrote")
    annotator: str = setting("", "name or initials of who answers; each has a file of answers")
    answers: str = setting("Female,Male", "classes to choose from; the key of each is its first letter")
    port: int = setting(7861, "of the page on this machine")


@dataclass(frozen=True)
class DataSettings:
    """Raw data -> clean data."""

    data: str = setting(
        "HuggingFaceM4/FairFace",
        "data set's name on the Hub; or a folder of parquet files, class folders, UTKFace or CelebA; or a CSV",
    )
    data_config: str = setting("", "the Hub data set's configuration, such as 0.25 for FairFace's margin")
    data_revision: str = setting("", "the Hub data set's commit or tag; pin it, so that the data stay the same")
    photo_column: str = setting("image", "column that holds the photo; in a CSV its path, from the CSV's folder")
    label_column: str = setting("gender", "column that holds the class; class folders, UTKFace and CelebA need none")
    identity_column: str = setting("identity", "column that tells people apart, where there is one: nobody is in two parts")
    classes: str = setting("", "source's label=class, comma between, such as f=Female,m=Male; labels not named are dropped")
    train_split: str = setting("train", "the source's split to train on")
    test_split: str = setting("validation", "the source's held-out split: taken whole as the test, never chosen on")
    selection: int = setting(2000, "faces carved out of train to choose settings on; at most a sixth of it")
    calibration: int = setting(2000, "faces carved out of train for temperature and threshold; at most a sixth of it")
    test: int = setting(2000, "faces carved out as the test where the source has one split only; at most a sixth of it")
    smallest: int = setting(32, "px, shorter side of the smallest picture that is kept")
    near: int = setting(24, "bits of 256 by which hashes of near duplicates differ at most; other people differ by 27 or more")
    sample: int = setting(0, "keep this many faces of each split, for a quick look; 0 keeps all")


@dataclass(frozen=True)
class CropSettings:
    """Clean data -> crops, a little wider than serving's, so that jitter has real pixels."""

    crop_size: int = setting(96, "px, side of the crop that the model sees")
    margin: float = setting(0.0, "of the face box's longer side, added on each side")
    room: float = setting(1.25, "side of the stored crop over that of the crop that the model sees")

    @property
    def stored_size(self) -> int:
        """Side of the stored crop, in px."""
        return round(self.crop_size * self.room)

    @property
    def stored_margin(self) -> float:
        """Margin of the stored crop: its centre of crop_size px is the serving crop, to the pixel."""
        return ((1 + 2 * self.margin) * self.stored_size / self.crop_size - 1) / 2


@dataclass(frozen=True)
class FitSettings:
    """Crops -> model folder."""

    base_model: str = setting("", "checkpoint to start from, a folder or a Hub name; empty: a network of our own, from scratch")
    network: Literal["vit", "resnet"] = setting("vit", "kind of our own network")
    patch_size: int = setting(12, "px, of our own ViT")
    hidden_size: int = setting(256, "of our own ViT")
    layers: int = setting(8, "of our own ViT")
    heads: int = setting(4, "of our own ViT")
    mlp_size: int = setting(768, "of our own ViT")
    width: int = setting(48, "channels of the first of our own ResNet's four stages; each doubles it")
    epochs: float = setting(12.0, "passes over the training faces")
    batch_size: int = setting(64, "faces a pass through the network")
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
    teacher: str = setting("", "checkpoint to learn soft labels from, a folder or a Hub name")
    teacher_share: float = setting(0.5, "of the loss; the rest is the labels'")
    teacher_temperature: float = setting(2.0, "that softens the teacher's labels")
    ema: float = setting(0.999, "decay a step of the averaged weights, which are the ones kept; 0 keeps the last")
    coverage: float = setting(0.9, "share of calibration faces that get a decision; sets the threshold")
    bf16: bool = setting(True, "bfloat16 autocast")
    save_steps: int = setting(500, "steps between checkpoints")


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
    smallest: float = setting(24.0, "px, least side of a face at lower resolution")
    jpeg: float = setting(0.1, "chance of a JPEG of quality 20 to 90")
    erase: float = setting(0.2, "chance of a grey rectangle over up to a fifth of the face")
    mask: float = setting(0.1, "chance of a painted face mask")
    sunglasses: float = setting(0.05, "chance of painted sunglasses")
    covering: float = setting(0.05, "chance of a painted head covering")


@dataclass(frozen=True)
class ExportSettings:
    """Model folder -> ONNX: what int8 must hold against float, on the same faces, to be served."""

    export_faces: int = setting(1000, "calibration faces that are compared")
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
class PublishSettings:
    """Model folder -> Hub."""

    to: str = setting("", "user/name of the model on the Hub")
    folder: str = setting("space/model", "model folder that is published")
    dry_run: bool = setting(False, "check and show, upload nothing")


@dataclass(frozen=True)
class PublishDataSettings:
    """Crops -> Hub."""

    to: str = setting("", "user/name of the data set on the Hub")
    licence: str = setting("", "of every photo, as the Hub names it (cc-by-4.0), where the data has no column `licence`")
    source: str = setting("", "where the photos come from, for the card, where the data has no column `source`")
    dry_run: bool = setting(False, "check and show, upload nothing")


@dataclass(frozen=True)
class DeploySettings:
    """The folder space/ -> a running Space."""

    to: str = setting("", "user/name of the Space on the Hub")
    model_id: str = setting("", "user/name of the model that the Space pulls")
    model_revision: str = setting("", "the model's tag or commit; never a branch, which moves")
    wait: float = setting(900.0, "seconds that the Space may take to build and start")
    dry_run: bool = setting(False, "check and show, upload nothing")


ALL = (RunSettings, DataSettings, CropSettings, AugmentSettings, FitSettings, ExportSettings, EvaluateSettings)


def parse(*kinds: type[Any], arguments: list[str] | None = None) -> tuple[Any, ...]:
    """Settings classes -> instances, from the command line; `--recipe FILE` reads flags from a file.

    Flags of other stages are let pass, so that one recipe serves every stage; an unknown flag ends the program.
    """
    parser = HfArgumentParser(kinds)
    parser.add_argument("--recipe", help="file of flags, one published result each; flags beside it win")
    given = sys.argv[1:] if arguments is None else arguments
    *found, rest = parser.parse_args_into_dataclasses(
        given, return_remaining_strings=True, look_for_args_file=False, args_file_flag="--recipe"
    )
    kinds_known = (CollectSettings, LabelSettings, *ALL)
    known = {f"--{start}{name.name}" for start in ("", "no_") for kind in kinds_known for name in fields(kind)}
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    if unknown:
        parser.error(f"unknown flags: {' '.join(unknown)}")
    return tuple(found[: len(kinds)])
