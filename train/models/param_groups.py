"""A network of any shape -> how deep each parameter is, and its role, from the parameter's name."""

import re

from torch import nn

from ..common.errors import StageError

TIMM = "timm_model."  # what transformers puts before the names of timm's networks


def depths(network: nn.Module) -> dict[str, int]:
    """A network -> each parameter's depth: 0 before the first block, 1 in it, and so on.

    A block is the first numbered part of a name (`vit.layers.3`, `features.10`), in order.
    """
    found: dict[str, int] = {}
    blocks: list[str] = []
    for name, _ in network.named_parameters():
        match = None if is_head(name) else re.match(r".*?\.\d+(?=\.)", name)
        if match and match[0] not in blocks:
            blocks.append(match[0])
        found[name] = blocks.index(match[0]) + 1 if match else 0
    return {
        name: depth or (0 if is_stem(name) else len(blocks) + 1) for name, depth in found.items()
    }


def is_head(name: str) -> bool:
    """Whether a parameter belongs to the classifier, or to auxiliary heads beside it."""
    return name.removeprefix(TIMM).split(".")[0] in ("classifier", "head", "fc", "aux_heads")


def is_stem(name: str) -> bool:
    """Whether a parameter comes before the first block."""
    return re.search(r"embed|token|stem", name) is not None


def head_of(network: nn.Module, classes: int) -> nn.Linear:
    """A classifier -> its last layer. Raises StageError if no layer has that many classes."""
    layers = [
        layer
        for layer in network.modules()
        if isinstance(layer, nn.Linear) and layer.out_features == classes
    ]
    if not layers:
        raise StageError(
            f"The network should end in a linear layer of {classes} classes, and has none."
        )
    return layers[-1]


def freeze(network: nn.Module, frozen: bool, blocks: int = 0) -> None:
    """Freeze everything but the classifier, or only the first blocks and what comes before them."""
    deep = depths(network)
    for name, weight in network.named_parameters():
        learns = not frozen and (not blocks or deep[name] > blocks)
        weight.requires_grad_(is_head(name) or learns)
