"""Settings -> the network to start from, and its image processor."""

from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    SiglipConfig,
    SiglipForImageClassification,
    SiglipVisionConfig,
    SiglipVisionModel,
    ViTImageProcessorPil,
)

from ..common.errors import StageError
from ..settings import ArchitectureSettings, CropSettings
from .face_resnet import FaceResNetForImageClassification
from .labels import base_labels
from .param_groups import head_of, is_head
from .processor import processor_like, read_processor, wants_bgr
from .surgery import fit_size, turn_colours
from .vit import new_processor, new_vit


def open_base(
    settings: ArchitectureSettings, crop: CropSettings, labels: list[str]
) -> tuple[PreTrainedModel, ViTImageProcessorPil]:
    """Settings and the data's class names -> network and image processor to start from.

    A checkpoint keeps its own order of the classes. Raises StageError if its classes or its
    picture size differ.
    """
    if not settings.base_model:
        start = new_vit if settings.network == "vit" else new_resnet
        return start(settings, crop, labels), new_processor(crop)
    names = base_labels(settings.base_model, labels)
    theirs = read_processor(settings.base_model)
    model = load_base(settings.base_model, names)
    if wants_bgr(theirs):
        turn_colours(model, settings.base_model)
    fit_size(model, settings.base_model, crop.crop_size)
    return model, processor_like(theirs, crop)


def load_base(base_model: str, names: list[str]) -> PreTrainedModel:
    """A checkpoint and class names -> its network; a missing classifier starts at zero.

    DINOv2's features are large, so a random classifier is overconfident from the first step, and
    training has to unlearn that first. Raises StageError if it is no network for pictures.
    """
    classes = {
        "num_labels": len(names),  # without it, timm's networks keep theirs
        "id2label": dict(enumerate(names)),
        "label2id": {name: number for number, name in enumerate(names)},
    }
    try:
        config = AutoConfig.from_pretrained(base_model, **classes)
        if isinstance(config, SiglipVisionConfig):
            return start_at_zero(load_tower(base_model, config, classes))
        model, report = AutoModelForImageClassification.from_pretrained(
            base_model,
            config=config,
            ignore_mismatched_sizes=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (ImportError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise StageError(f"{base_model} cannot be trained to tell faces apart: {reason}") from error
    new = {*report["missing_keys"], *(name for name, *_ in report["mismatched_keys"])}
    if any(is_head(name) for name in new):
        start_at_zero(model)
    if inner := sorted(name for name in new if not is_head(name)):
        print(f"{base_model} lacks {len(inner)} weights, such as {inner[0]}: they start at random")
    if model.config.model_type == "timm_wrapper":
        model.config.label_names = names  # timm's networks save these instead of id2label
    if isinstance(model, FaceResNetForImageClassification):
        model.to(memory_format=torch.channels_last)
    return model


def load_tower(
    base_model: str, config: SiglipVisionConfig, classes: dict[str, Any]
) -> SiglipForImageClassification:
    """SigLIP's image tower alone -> the pair's classifier, which reads nothing of the text's."""
    origin = {"origin": config.origin} if hasattr(config, "origin") else {}
    pair = SiglipConfig(vision_config=config.to_dict(), **classes, **origin)
    model = SiglipForImageClassification(pair)
    tower = SiglipVisionModel.from_pretrained(base_model, dtype=torch.float32)
    model.vision_model.load_state_dict(tower.state_dict())
    return model


def start_at_zero(model: PreTrainedModel) -> PreTrainedModel:
    """Set a network's classifier to zero."""
    head = head_of(model, model.config.num_labels)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    return model


def fast_bf16(asked: bool) -> bool:
    """Whether bf16 is wanted and as fast as float32: x86 without AVX-512 only emulates it.

    On a Zen 1 core it takes ten times as long (ViT-S/14 at 84 px: 0.66 faces/s against 6.5).
    """
    return asked and (
        torch.cuda.is_available() or torch.backends.cpu.get_cpu_capability() != "AVX2"
    )


def new_resnet(
    settings: ArchitectureSettings, crop: CropSettings, labels: list[str]
) -> ResNetForImageClassification:
    """Width and class names -> a ResNet-18 (He et al. 2016) with random weights."""
    config = ResNetConfig(
        layer_type="basic",
        embedding_size=settings.width,
        hidden_sizes=[settings.width * factor for factor in (1, 2, 4, 8)],
        depths=[2, 2, 2, 2],
        id2label=dict(enumerate(labels)),
        label2id={name: number for number, name in enumerate(labels)},
    )
    network: ResNetForImageClassification = ResNetForImageClassification(config)
    network.to(memory_format=torch.channels_last)  # fastest for convolutions on a CPU
    return network
