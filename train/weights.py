"""Training faces -> how much each weighs in the loss: by its class's rarity, and by its groups, as an audit may ask for."""

from collections.abc import Sequence

import torch
from datasets import Dataset

from .data import names_of
from .stages import StageError


def class_weights(labels: Sequence[int], classes: int) -> torch.Tensor:
    """Labels -> a weight per class, its rarity; the average over faces is 1.

    Raises StageError where a class has no face: nothing could be learnt of it.
    """
    counts = torch.bincount(torch.tensor(labels), minlength=classes)
    if (counts == 0).any():
        raise StageError(f"Every class needs training faces, got {counts.tolist()} of the {classes} classes.")
    return len(labels) / (classes * counts.float())


def group_weights(faces: Dataset, wishes: Sequence[str]) -> torch.Tensor:
    """Faces, and wishes such as `age=3-9:1.5` or `race=Black,label=Female:1.3` -> (n,) the product of those that fit a face.

    Raises StageError where a wish is not written so, or fits no face.
    """
    weights = torch.ones(len(faces))
    for wish in wishes:
        group, _, factor = wish.rpartition(":")
        try:
            fits = torch.stack([_has(faces, *condition.split("=")) for condition in group.split(",")]).all(0)
            weights[fits] *= float(factor)
        except (TypeError, ValueError) as error:
            raise StageError(f"--weigh takes column=value:factor, such as age=3-9:1.5, not {wish}.") from error
        if not fits.any() or weights.min() <= 0:
            raise StageError(f"--weigh {wish} fits no face, or weighs it nothing; columns are {', '.join(faces.column_names)}.")
    return weights


def _has(faces: Dataset, column: str, value: str) -> torch.Tensor:
    """Which faces have `value`, by its name, in `column`; none where there is no such column."""
    if column not in faces.column_names:
        return torch.zeros(len(faces), dtype=torch.bool)
    return torch.tensor([name == value for name in names_of(faces, column)])
