"""Settings -> the network to start from, and its image processor; a network -> model folder."""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageClassification,
    Dinov2ForImageClassification,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from ..common.errors import StageError
from ..common.files import check_checkpoint, replace_folder
from ..data import class_order
from ..settings import ArchitectureSettings, CropSettings
from .face_resnet import FaceResNetForImageClassification
from .param_groups import head_of
from .vit import deepen, new_processor, new_vit, resize_positions


def open_base(
    settings: ArchitectureSettings, crop: CropSettings, labels: list[str]
) -> tuple[PreTrainedModel, ViTImageProcessorPil]:
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
        model.config.label_names = (
            names  # which is what timm's networks save; else the checkpoint's would be saved again
        )
    if isinstance(model, FaceResNetForImageClassification):
        model.to(memory_format=torch.channels_last)
    if (
        isinstance(model, ViTForImageClassification | Dinov2ForImageClassification)
        and not crop.crop_size % model.config.patch_size
    ):
        resize_positions(model, crop.crop_size)
    check_size(model, settings.base_model, crop.crop_size)
    if settings.add_layers:
        deepen(model, settings.add_layers)
    return model, processor_like(settings.base_model, crop)


def choose_attention(network: PreTrainedModel) -> None:
    """Choose the attention that is fastest: on a CPU the plain one, for a way back and in bfloat16."""
    if not torch.cuda.is_available():
        network.set_attn_implementation("eager")


def fast_bf16(asked: bool) -> bool:
    """Whether bf16 is asked for and no slower than float32: x86 without AVX-512 only imitates it.

    On a Zen 1 core it takes ten times as long (ViT-S/14 at 84 px: 0.66 faces/s against 6.5).
    """
    return asked and (
        torch.cuda.is_available() or torch.backends.cpu.get_cpu_capability() != "AVX2"
    )


def new_resnet(
    settings: ArchitectureSettings, crop: CropSettings, labels: list[str]
) -> ResNetForImageClassification:
    """Width and class names -> a ResNet-18 (He et al. 2016) of random weights: a good teacher for a small ViT."""
    config = ResNetConfig(
        layer_type="basic",
        embedding_size=settings.width,
        hidden_sizes=[settings.width * factor for factor in (1, 2, 4, 8)],
        depths=[2, 2, 2, 2],
        id2label=dict(enumerate(labels)),
        label2id={name: number for number, name in enumerate(labels)},
    )
    network: ResNetForImageClassification = ResNetForImageClassification(config)
    network.to(memory_format=torch.channels_last)  # which convolutions on a CPU are fastest with
    return network


def base_labels(base_model: str, labels: list[str]) -> list[str]:
    """A checkpoint and the data's classes -> the classes in the order in which its classifier may have learnt them.

    Raises StageError where it knows as many classes, by other names.
    """
    known = labels_of(base_model)
    if len(known) != len(labels) or all(
        name == f"LABEL_{number}" for number, name in enumerate(known)
    ):
        return labels
    class_order(labels, known, base_model)
    return known


def labels_of(checkpoint: str) -> list[str]:
    """A checkpoint's folder or Hub name -> its class names. Raises StageError where there is none, or no way to it."""
    check_checkpoint(checkpoint)
    try:
        return list(AutoConfig.from_pretrained(checkpoint).id2label.values())
    except OSError as error:
        raise StageError(
            f"The checkpoint {checkpoint} cannot be opened: {str(error).splitlines()[0]}"
        ) from error


def check_size(model: PreTrainedModel, base_model: str, size: int) -> None:
    """Raises StageError where the network cannot read pictures of `size` px."""
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, size, size))
    except (ValueError, RuntimeError) as error:
        raise StageError(
            f"{base_model} cannot read crops of {size} px; set --crop_size to its own: {error}"
        ) from error


def processor_like(base_model: str, crop: CropSettings) -> ViTImageProcessorPil:
    """A checkpoint -> an image processor with its normalisation for whole crops; some cut their edges off."""
    theirs = AutoImageProcessor.from_pretrained(base_model).to_dict()
    ours = new_processor(crop).to_dict()
    kept = {name: theirs.get(name) or ours[name] for name in ("image_mean", "image_std")}
    return ViTImageProcessorPil(size=ours["size"], resample=ours["resample"], **kept)


def write_model(
    model: PreTrainedModel,
    processor: Any,
    ours: dict[str, float],
    folder: Path,
    bias: ArrayLike = 0.0,
) -> None:
    """Network and settings -> folder with config, safetensors (fp16) and image processor; bias and temperature are folded in.

    Written beside, then put in the place of what was there: later stages' files go with the model they describe.
    """
    head = head_of(model, model.config.num_labels)
    with torch.no_grad():
        head.bias.add_(torch.as_tensor(bias, dtype=head.bias.dtype, device=head.bias.device))
        for weight in (head.weight, head.bias):
            weight /= ours["temperature"]
    model.config.face_gender = ours
    beside = folder.with_name(folder.name + ".part")
    model.half().save_pretrained(beside)
    processor.save_pretrained(beside)
    replace_folder(beside, folder)
