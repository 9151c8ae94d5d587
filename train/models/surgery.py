"""A trained network -> the same network for another crop size, or with faster attention."""

from inspect import signature

import torch
from torch import nn
from transformers import Dinov2ForImageClassification, PreTrainedModel, ViTForImageClassification

from ..common.errors import StageError


def fit_size(model: PreTrainedModel, name: str, size: int) -> None:
    """Make a network read crops of `size` px. Raises StageError if it cannot.

    name: of the network, for the error
    """
    vit = isinstance(model, ViTForImageClassification | Dinov2ForImageClassification)
    if vit and not size % model.config.patch_size:
        resize_positions(model, size)
    check_size(model, name, size)


@torch.no_grad()
def resize_positions(
    model: ViTForImageClassification | Dinov2ForImageClassification, size: int
) -> None:
    """Make a ViT read crops of `size` px, a multiple of its patch: interpolate its positions.

    Bicubic, as in DeiT (Touvron et al. 2021) when it is fine-tuned at another resolution.
    """
    embeddings, config = model.base_model.embeddings, model.config
    tokens = torch.empty(1, (size // config.patch_size) ** 2 + 1, config.hidden_size)
    embeddings.position_embeddings = nn.Parameter(
        embeddings.interpolate_pos_encoding(tokens, size, size).clone()
    )
    patches = embeddings.patch_embeddings
    embeddings.image_size = patches.image_size = (size, size)
    patches.num_patches, config.image_size = tokens.shape[1] - 1, size


def check_size(model: PreTrainedModel, name: str, size: int) -> None:
    """Raise StageError if the network cannot read crops of `size` px."""
    more = f"{name} reads more than a picture's pixels: take one for pictures of a fixed size."
    if "spatial_shapes" in signature(model.forward).parameters:  # patches in a row, as NaFlex has
        raise StageError(more)
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, size, size))
    except TypeError as error:
        raise StageError(more) from error
    except (ValueError, RuntimeError, AssertionError) as error:
        raise StageError(
            f"{name} cannot read crops of {size} px; set --crop_size to its own: {error}"
        ) from error


@torch.no_grad()
def turn_colours(model: PreTrainedModel, name: str) -> None:
    """Make a network that reads blue first read red first. Raises StageError if it cannot.

    name: of the network, for the error
    """
    first = next((layer for layer in model.modules() if isinstance(layer, nn.Conv2d)), None)
    if first is None or first.in_channels != 3:
        raise StageError(f"{name} reads blue first, and its first layer cannot be turned round.")
    first.weight.copy_(first.weight.flip(1))


def choose_attention(network: PreTrainedModel) -> None:
    """Use plain attention on a CPU, where it is fastest in bfloat16 and with gradients."""
    if not torch.cuda.is_available():
        network.set_attn_implementation("eager")
