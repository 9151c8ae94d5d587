"""A trained network and others like it -> one network with the mean of their weights.

As in model soups (Wortsman et al. 2022).
"""

from collections.abc import Sequence

import torch
from transformers import AutoModelForImageClassification, PreTrainedModel

from ..common.errors import StageError
from .labels import labels_of
from .shares import read_shares

Weights = dict[str, torch.Tensor]


def open_others(model: PreTrainedModel, given: Sequence[str]) -> list[tuple[float, Weights]]:
    """A network, and `FOLDER:SHARE` of others -> the share and weights of each.

    Raises StageError if one has different classes or a different shape.
    """
    others = []
    for folder, share in read_shares(given).items():
        theirs = open_like(model, folder).state_dict()
        if any(
            name not in theirs or theirs[name].shape != weight.shape
            for name, weight in weights_of(model).items()
        ):
            raise StageError(
                f"{folder} is a network of another shape: "
                "its weights cannot be averaged with these."
            )
        others.append((share, theirs))
    return others


@torch.no_grad()
def average_weights(model: PreTrainedModel, others: Sequence[tuple[float, Weights]]) -> None:
    """Replace the network's weights with the mean of its own and the others'."""
    own = 1 - sum(share for share, _ in others)
    mean = {name: own * weight for name, weight in weights_of(model).items()}
    for share, theirs in others:
        mean = {
            name: weight + share * theirs[name].to(weight.device) for name, weight in mean.items()
        }
    model.load_state_dict(mean, strict=False)


def weights_of(model: PreTrainedModel) -> Weights:
    """A network -> its weights by name, without counters."""
    return {
        name: weight for name, weight in model.state_dict().items() if weight.is_floating_point()
    }


def open_like(model: PreTrainedModel, folder: str) -> PreTrainedModel:
    """A network, another's folder or Hub name -> the other. Raises StageError on other classes."""
    names = [model.config.id2label[number] for number in range(model.config.num_labels)]
    if labels_of(folder) != names:
        raise StageError(
            f"{folder} knows the classes {labels_of(folder)}, not {names} in this order."
        )
    other: PreTrainedModel = AutoModelForImageClassification.from_pretrained(
        folder, dtype=torch.float32
    )
    return other
