"""Settings -> a small ViT of our own, from scratch, with weights that already look at neighbouring patches."""

from copy import deepcopy
from math import ceil
from typing import Any

import torch
from torch import nn
from transformers import (
    Dinov2ForImageClassification,
    PreTrainedModel,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from ..common.errors import StageError
from ..settings import ArchitectureSettings, CropSettings


def new_vit(
    settings: ArchitectureSettings, crop: CropSettings, labels: list[str]
) -> ViTForImageClassification:
    """Sizes and class names -> a network of random weights, started by `start_mimetic`."""
    config = ViTConfig(
        image_size=crop.crop_size,
        patch_size=settings.patch_size,
        hidden_size=settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=settings.mlp_size,
        id2label=dict(enumerate(labels)),
        label2id={name: number for number, name in enumerate(labels)},
    )
    model = ViTForImageClassification(config)
    start_mimetic(model)
    return model


def deepen(model: PreTrainedModel, more: int) -> None:
    """Put blocks evenly between a ViT's own: copies of the ones before them whose last matrices are 0, so that nothing changes.

    As Net2Net (Chen et al. 2016) and bert2BERT (Chen et al. 2022) grow networks. Raises StageError where there is no such ViT.
    """
    if not isinstance(model, ViTForImageClassification):
        raise StageError(
            f"--add_layers puts blocks into a ViT, not into a {model.config.model_type}."
        )
    layers = model.vit.layers
    before = [ceil((place + 1) * len(layers) / more) - 1 for place in range(more)]
    grown = []
    for number, layer in enumerate(layers):
        grown += [layer, *(_idle_copy(layer) for _ in range(before.count(number)))]
    model.vit.layers = nn.ModuleList(grown)
    model.config.num_hidden_layers = len(grown)


@torch.no_grad()
def resize_positions(
    model: ViTForImageClassification | Dinov2ForImageClassification, size: int
) -> None:
    """Let a ViT read pictures of `size` px, a multiple of its patch: its position embeddings are interpolated bicubically.

    As DeiT (Touvron et al. 2021) is tuned at another resolution than it was trained at.
    """
    embeddings, config = model.base_model.embeddings, model.config
    tokens = torch.empty(1, (size // config.patch_size) ** 2 + 1, config.hidden_size)
    embeddings.position_embeddings = nn.Parameter(
        embeddings.interpolate_pos_encoding(tokens, size, size).clone()
    )
    patches = embeddings.patch_embeddings
    embeddings.image_size = patches.image_size = (size, size)
    patches.num_patches, config.image_size = tokens.shape[1] - 1, size


def new_processor(crop: CropSettings) -> ViTImageProcessorPil:
    """The image processor of such a network: squares of crop_size, values in -1..1."""
    return ViTImageProcessorPil(
        size={"height": crop.crop_size, "width": crop.crop_size}, resample=2
    )


@torch.no_grad()
def start_mimetic(model: ViTForImageClassification) -> None:
    """Start attention as it looks after long training (Trockman and Kolter 2023), which small data sets never reach.

    Queries times keys are near the identity, values times projection near its negative; position embeddings are sinusoids.
    """
    vit, width = model.vit, model.config.hidden_size
    heads = model.config.num_attention_heads
    vit.embeddings.position_embeddings.zero_()
    vit.embeddings.position_embeddings[0, 1:] = sinusoids(
        model.config.image_size // model.config.patch_size, width
    )
    for layer in vit.layers:
        attention = layer.attention
        halves = [_factors(0.7, 0.7, width, width // heads) for _ in range(heads)]
        attention.q_proj.weight.copy_(torch.cat([left for left, _ in halves]))
        attention.k_proj.weight.copy_(torch.cat([right for _, right in halves]))
        left, right = _factors(0.4, -0.4, width, width)
        attention.v_proj.weight.copy_(right)
        attention.o_proj.weight.copy_(left.T)
        for part in (attention.q_proj, attention.k_proj):
            nn.init.zeros_(part.bias)


def sinusoids(grid: int, width: int) -> torch.Tensor:
    """A grid's side and a width divisible by 4 -> (grid * grid, width): sines and cosines of column and row (Vaswani 2017)."""
    frequencies = 10_000.0 ** -(torch.arange(width // 4) / (width // 4))
    rows, columns = torch.meshgrid(
        torch.arange(grid).float(), torch.arange(grid).float(), indexing="ij"
    )
    angles = [place.flatten()[:, None] * frequencies for place in (columns, rows)]
    return torch.cat([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)], dim=1)


def _idle_copy(layer: Any) -> nn.Module:
    """A block -> its copy that adds nothing to what passes through."""
    copy = deepcopy(layer)
    for last in (copy.attention.o_proj, copy.mlp.fc2):
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    return copy


def _factors(
    noise: float, identity: float, width: int, rank: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """`noise` * random + `identity` * I, cut to `rank`, as left.T @ right with both (rank, width)."""
    target = noise * torch.randn(width, width) / width**0.5 + identity * torch.eye(width)
    left, strength, right = torch.linalg.svd(target)
    root = strength[:rank].sqrt()
    return (left[:, :rank] * root).T, root[:, None] * right[:rank]
