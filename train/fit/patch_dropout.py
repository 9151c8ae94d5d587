"""A ViT -> the same, which in training sees only some of each face's patches (Liu et al. 2022).

A step takes as much less time as there are fewer patches, so that a CPU shows it more faces.
"""

from functools import partial

import torch
from torch import nn
from transformers import Dinov2ForImageClassification, PreTrainedModel, ViTForImageClassification

from ..common.errors import StageError

CLASS_TOKENS = 1  # before the patches


def drop_patches(model: PreTrainedModel, share: float) -> None:
    """Leave out this share of a ViT's patches, 0 to 1, in training; others raise StageError."""
    if not share:
        return
    if not isinstance(model, ViTForImageClassification | Dinov2ForImageClassification):
        raise StageError("--patch_dropout is for a ViT or DINOv2: leave it out for this network.")
    model.base_model.embeddings.register_forward_hook(partial(_keep_some, share))


def _keep_some(
    share: float, embeddings: nn.Module, _: object, tokens: torch.Tensor
) -> torch.Tensor:
    """Tokens (faces, 1 + patches, width) -> the class token and some patches of each face."""
    if not embeddings.training:
        return tokens
    faces, count, width = tokens.shape
    patches = count - CLASS_TOKENS
    order = torch.rand(faces, patches, device=tokens.device).argsort(1)
    kept = order[:, : max(1, round((1 - share) * patches))] + CLASS_TOKENS
    some = tokens.gather(1, kept[..., None].expand(-1, -1, width))
    return torch.cat([tokens[:, :CLASS_TOKENS], some], 1)
