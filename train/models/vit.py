"""Settings -> a small ViT of our own, whose initial weights already attend to nearby patches."""

import torch
from torch import nn
from transformers import (
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from ..settings import ArchitectureSettings, CropSettings


def new_vit(
    settings: ArchitectureSettings, crop: CropSettings, labels: list[str]
) -> ViTForImageClassification:
    """Sizes and class names -> a network with random weights, then `start_mimetic`."""
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


def new_processor(crop: CropSettings) -> ViTImageProcessorPil:
    """The image processor of our ViT: squares of crop_size px, values in -1..1."""
    return ViTImageProcessorPil(
        size={"height": crop.crop_size, "width": crop.crop_size}, resample=2
    )


@torch.no_grad()
def start_mimetic(model: ViTForImageClassification) -> None:
    """Initialise attention as it looks after long training (Trockman and Kolter 2023).

    Training on a small data set never gets that far. Queries times keys are near the identity, and
    values times projection near its negative. Position embeddings are sinusoids.
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
    """A grid's side, a width divisible by 4 -> (grid * grid, width) sinusoids (Vaswani 2017)."""
    frequencies = 10_000.0 ** -(torch.arange(width // 4) / (width // 4))
    rows, columns = torch.meshgrid(
        torch.arange(grid).float(), torch.arange(grid).float(), indexing="ij"
    )
    angles = [place.flatten()[:, None] * frequencies for place in (columns, rows)]
    return torch.cat([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)], dim=1)


def _factors(
    noise: float, identity: float, width: int, rank: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """`noise` * random + `identity` * I, cut to `rank`, as left.T @ right, both (rank, width)."""
    target = noise * torch.randn(width, width) / width**0.5 + identity * torch.eye(width)
    left, strength, right = torch.linalg.svd(target)
    root = strength[:rank].sqrt()
    return (left[:, :rank] * root).T, root[:, None] * right[:rank]
