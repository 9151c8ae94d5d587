"""A trained network and others like it -> one whose weights are their mean (model soups, Wortsman et al. 2022)."""

from collections.abc import Sequence

import torch
from transformers import AutoModelForImageClassification, PreTrainedModel

from ..common.errors import StageError
from .build import labels_of
from .vit import deepen

Weights = dict[str, torch.Tensor]


def read_soup(soup: Sequence[str]) -> dict[str, float]:
    """`FOLDER:SHARE` of each other network -> its share; what is left of 1 is the trained one's own. Raises StageError."""
    try:
        shares = {name: float(share) for name, _, share in (part.rpartition(":") for part in soup)}
    except ValueError:
        shares = {"": 0.0}
    if not all(name and share > 0 for name, share in shares.items()) or sum(shares.values()) >= 1:
        raise StageError(
            f"--average_weights takes folder:share, together below 1, such as runs/a/model:0.25, not {' '.join(soup)}."
        )
    return shares


def open_soup(model: PreTrainedModel, soup: Sequence[str]) -> list[tuple[float, Weights]]:
    """A network, and the others of its soup -> share and weights of each; a ViT of fewer blocks is given idle ones first.

    Raises StageError where one has other classes or another shape.
    """
    others = []
    for folder, share in read_soup(soup).items():
        theirs = open_like(model, folder).state_dict()
        if any(
            name not in theirs or theirs[name].shape != weight.shape
            for name, weight in weights_of(model).items()
        ):
            raise StageError(
                f"{folder} is a network of another shape: its weights cannot be averaged with these."
            )
        others.append((share, theirs))
    return others


@torch.no_grad()
def stir(model: PreTrainedModel, others: Sequence[tuple[float, Weights]]) -> None:
    """Put the mean of its weights and the others' into the network."""
    own = 1 - sum(share for share, _ in others)
    mean = {name: own * weight for name, weight in weights_of(model).items()}
    for share, theirs in others:
        mean = {
            name: weight + share * theirs[name].to(weight.device) for name, weight in mean.items()
        }
    model.load_state_dict(mean, strict=False)


def weights_of(model: PreTrainedModel) -> Weights:
    """A network -> its weights by name, without what is counted."""
    return {
        name: weight for name, weight in model.state_dict().items() if weight.is_floating_point()
    }


def open_like(model: PreTrainedModel, folder: str) -> PreTrainedModel:
    """A network, another's folder or Hub name -> the other, as deep. Raises StageError where it knows other classes."""
    names = [model.config.id2label[number] for number in range(model.config.num_labels)]
    if labels_of(folder) != names:
        raise StageError(
            f"{folder} knows the classes {labels_of(folder)}, not {names} in this order."
        )
    other = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32)
    lacking = getattr(model.config, "num_hidden_layers", 0) - getattr(
        other.config, "num_hidden_layers", 0
    )
    if lacking > 0:
        deepen(other, lacking)
    return other
