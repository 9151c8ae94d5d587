"""Settings -> the network to start from, its image processor, and a teacher's labels."""

from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import interpolate
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageClassification,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTImageProcessorPil,
)

from .checkpoints import replace_folder
from .layers import head_of
from .settings import CropSettings, FitSettings
from .stages import StageError
from .vit import new_processor, new_vit


def open_base(settings: FitSettings, crop: CropSettings, labels: list[str]) -> tuple[PreTrainedModel, ViTImageProcessorPil]:
    """Settings and the data's class names -> network and image processor to start from.

    The network's own order of the same classes is kept. Raises StageError where its classes or its size of pictures are others.
    """
    if not settings.base_model:
        start = new_vit if settings.network == "vit" else new_resnet
        return start(settings, crop, labels), new_processor(crop)
    names = base_labels(settings.base_model, labels)
    model = AutoModelForImageClassification.from_pretrained(
        settings.base_model,
        ignore_mismatched_sizes=True,
        dtype=torch.float32,
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
    )
    if model.config.model_type == "timm_wrapper":
        model.config.label_names = names  # which is what timm's networks save; else the checkpoint's would be saved again
    check_size(model, settings.base_model, crop.crop_size)
    return model, processor_like(settings.base_model, crop)


def new_resnet(settings: FitSettings, crop: CropSettings, labels: list[str]) -> ResNetForImageClassification:
    """Width and class names -> a ResNet-18 (He et al. 2016) of random weights: a good teacher for a small ViT."""
    config = ResNetConfig(
        layer_type="basic",
        embedding_size=settings.width,
        hidden_sizes=[settings.width * factor for factor in (1, 2, 4, 8)],
        depths=[2, 2, 2, 2],
        id2label=dict(enumerate(labels)),
        label2id={name: number for number, name in enumerate(labels)},
    )
    return ResNetForImageClassification(config)


def base_labels(base_model: str, labels: list[str]) -> list[str]:
    """A checkpoint and the data's classes -> the classes in the order in which its classifier may have learnt them.

    Raises StageError where it knows as many classes, by other names.
    """
    known = list(AutoConfig.from_pretrained(base_model).id2label.values())
    if len(known) != len(labels) or all(name == f"LABEL_{number}" for number, name in enumerate(known)):
        return labels
    if set(known) != set(labels):
        raise StageError(f"The data's classes are {labels}, but those of {base_model} are {known}: rename one or the other.")
    return known


def check_size(model: PreTrainedModel, base_model: str, size: int) -> None:
    """Raises StageError where the network cannot read pictures of `size` px."""
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, size, size))
    except (ValueError, RuntimeError) as error:
        raise StageError(f"{base_model} cannot read crops of {size} px; set --crop_size to its own size: {error}") from error


def processor_like(base_model: str, crop: CropSettings) -> ViTImageProcessorPil:
    """A checkpoint -> an image processor with its normalisation for whole crops; some cut their edges off."""
    theirs = AutoImageProcessor.from_pretrained(base_model).to_dict()
    ours = new_processor(crop).to_dict()
    kept = {name: theirs.get(name) or ours[name] for name in ("image_mean", "image_std")}
    return ViTImageProcessorPil(size=ours["size"], resample=ours["resample"], **kept)


class Teacher:
    """A trained classifier that labels our tensors softly."""

    def __init__(self, name: str, labels: list[str], processor: dict[str, Any], device: torch.device) -> None:
        """labels, processor: the pupil's. Raises StageError where the teacher knows other classes."""
        self._network = AutoModelForImageClassification.from_pretrained(name, dtype=torch.float32).eval().to(device)
        known = list(self._network.config.id2label.values())
        if set(known) != set(labels):
            raise StageError(f"The data's classes are {labels}, but those of the teacher {name} are {known}.")
        self._order = [known.index(label) for label in labels]
        theirs = AutoImageProcessor.from_pretrained(name).to_dict()
        self._side = theirs["size"].get("height") or theirs["size"]["shortest_edge"]
        self._from, self._to = _scaling(processor, device), _scaling(theirs, device)

    @torch.no_grad()
    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Tensors as the pupil sees them -> (n, classes) logits in the pupil's order."""
        pixels = pixels * self._from[1] + self._from[0]
        if pixels.shape[-1] != self._side:
            pixels = interpolate(pixels, (self._side, self._side), mode="bilinear", antialias=True)
        logits: torch.Tensor = self._network((pixels - self._to[0]) / self._to[1]).logits
        return logits[:, self._order].float()


def _scaling(processor: dict[str, Any], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """An image processor's settings -> mean and standard deviation, (3, 1, 1) each."""
    mean, std = (torch.tensor(processor[name], device=device)[:, None, None] for name in ("image_mean", "image_std"))
    return mean, std


def write_model(model: PreTrainedModel, processor: Any, ours: dict[str, float], folder: Path) -> None:
    """Network and settings -> folder with config, safetensors (fp16) and image processor; the temperature is folded in.

    Written beside, then put in the place of what was there: later stages' files go with the model they describe.
    """
    head = head_of(model, model.config.num_labels)
    with torch.no_grad():
        for weight in (head.weight, head.bias):
            weight /= ours["temperature"]
    model.config.face_gender = ours
    beside = folder.with_name(folder.name + ".part")
    model.half().save_pretrained(beside)
    processor.save_pretrained(beside)
    replace_folder(beside, folder)
