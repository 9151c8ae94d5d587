"""Checkpoints of every kind, made small, each with the image processor that its kind has."""

import json
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    ConvNextConfig,
    Dinov2Config,
    MobileViTConfig,
    MobileViTV2Config,
    PreTrainedConfig,
    ResNetConfig,
    SiglipConfig,
    SiglipModel,
    SiglipVisionConfig,
    SiglipVisionModel,
    SwinConfig,
)

SIDE = 56
SQUARE, SHORTEST = {"height": SIDE, "width": SIDE}, {"shortest_edge": SIDE}
SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
TEXT = {**SMALL, "vocab_size": 8, "bos_token_id": 0, "eos_token_id": 1}
TINY = {**SMALL, "image_size": SIDE, "patch_size": 14}
TIMM = {
    "architecture": "test_vit",
    "num_classes": 5,
    "model_args": {"img_size": SIDE, "patch_size": 14, "depth": 1, "embed_dim": 16},
    "pretrained_cfg": {
        "input_size": [3, SIDE, SIDE],
        "mean": [0.4, 0.5, 0.6],
        "std": [0.3, 0.2, 0.1],
        "crop_pct": 1.0,
        "interpolation": "bicubic",
    },
}
MIDDLE = {"do_center_crop": True, "crop_size": SQUARE, "size": SHORTEST}


def scaled(mean: list[float], deviation: list[float]) -> dict:
    """An image processor's settings for a mean and a deviation."""
    return {"do_normalize": True, "image_mean": mean, "image_std": deviation}


IMAGENET = scaled([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
SIGLIP = {"image_processor_type": "SiglipImageProcessor", "size": SQUARE}
SIGLIP |= scaled([0.5] * 3, [0.5] * 3)
MOBILE = {
    "image_processor_type": "MobileViTImageProcessor",
    "do_flip_channel_order": True,
    **MIDDLE,
}
Checkpoint = tuple[PreTrainedConfig, dict]
KINDS: dict[str, Checkpoint] = {
    "channels last, not normalised": (
        ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic"),
        {"image_processor_type": "ViTImageProcessor", "do_normalize": False, "size": SQUARE},
    ),
    "DINOv2": (
        Dinov2Config(**TINY),
        {"image_processor_type": "BitImageProcessor", **MIDDLE, **IMAGENET},
    ),
    "Swin": (
        SwinConfig(
            image_size=SIDE, patch_size=4, embed_dim=8, depths=[1], num_heads=[1], window_size=7
        ),
        {"image_processor_type": "ViTImageProcessor", "size": SQUARE, **IMAGENET},
    ),
    "ConvNeXT, other means": (
        ConvNextConfig(hidden_sizes=[8, 8], depths=[1, 1], num_stages=2, num_labels=5),
        {
            "image_processor_type": "ConvNextImageProcessor",
            "size": SHORTEST,
            "crop_pct": 1.0,
            **scaled([0.1, 0.2, 0.3], [0.9, 0.8, 0.7]),
        },
    ),
    "SigLIP2": (
        SiglipConfig(text_config=TEXT, vision_config=TINY),
        SIGLIP,
    ),
    "MobileViT": (  # the second version: the first is as deep in every size
        MobileViTV2Config(
            image_size=SIDE,
            width_multiplier=0.1,
            n_attn_blocks=[1, 1, 1],
            base_attn_unit_dims=[8, 8, 8],
        ),
        MOBILE,
    ),
    **({"timm": (AutoConfig.for_model("timm_wrapper", **TIMM), {})} if find_spec("timm") else {}),
}
RELATIVES: dict[str, Checkpoint] = {  # which training starts from as from their kind above
    "SigLIP's image tower alone": (SiglipVisionConfig(**TINY), SIGLIP),
    "MobileViT's first version": (
        MobileViTConfig(
            image_size=SIDE,
            hidden_sizes=[8, 8, 8],
            neck_hidden_sizes=[8] * 7,
            num_attention_heads=2,
        ),
        MOBILE,
    ),
}


def write_base(checkpoint: Checkpoint, folder: Path, margin: float | None = None) -> Path:
    """A configuration and an image processor -> a checkpoint with random weights.

    margin: in its `config.json`, as in those that were trained here
    """
    config, processor = checkpoint
    torch.manual_seed(0)
    tower = {SiglipVisionConfig: SiglipVisionModel, SiglipConfig: SiglipModel}.get(type(config))
    network = tower(config) if tower else AutoModelForImageClassification.from_config(config)
    if config.model_type == "resnet":
        network.to(memory_format=torch.channels_last)
    if margin is not None:
        network.config.face_gender = {"margin": margin}
    network.save_pretrained(folder)
    if processor:
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder
