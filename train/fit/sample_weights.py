"""Training faces -> the weight of each in the loss, by its groups and how rare its class is."""

from collections.abc import Sequence

import torch
from datasets import Dataset

from ..common.errors import StageError
from ..data import LABEL, names_of


def class_weights(labels: Sequence[int], classes: int) -> torch.Tensor:
    """Labels -> a weight per class, higher for rarer classes; the mean over faces is 1.

    Raises StageError if a class has no faces: the network could not learn it.
    """
    counts = torch.bincount(torch.tensor(labels), minlength=classes)
    if (counts == 0).any():
        raise StageError(
            f"Every class needs training faces, got {counts.tolist()} of the {classes} classes."
        )
    return len(labels) / (classes * counts.float())


def group_weights(faces: Dataset, wishes: Sequence[str]) -> torch.Tensor:
    """Faces, wishes such as `race=Black,label=Female:1.3` -> (n, classes) weights, multiplied.

    A face has a weight for each class, as if it belonged to it: a soft label spans classes.
    Raises StageError if a wish has another form, fits no face, or has a factor of 0 or less.
    """
    weights = torch.ones(len(faces), faces.features[LABEL].num_classes)
    labels = torch.tensor(faces[LABEL])[:, None]
    for wish in wishes:
        group, _, factor = wish.rpartition(":")
        try:
            fits = torch.ones_like(weights, dtype=torch.bool)
            for condition in group.split(","):
                fits &= _has(faces, *condition.split("="))
            weights[fits] *= float(factor)
        except (TypeError, ValueError) as error:
            raise StageError(
                f"--group_weights takes column=value:factor, such as age=3-9:1.5, not {wish}."
            ) from error
        if not fits.gather(1, labels).any() or weights.min() <= 0:
            raise StageError(
                f"--group_weights {wish} fits no face, or weighs it nothing; "
                f"columns are {', '.join(faces.column_names)}."
            )
    return weights


def _has(faces: Dataset, column: str, value: str) -> torch.Tensor:
    """(n, 1 or classes) which faces, as if of each class, have the value; none if no column."""
    if column == LABEL:
        return torch.tensor([[name == value for name in faces.features[LABEL].names]]).expand(
            len(faces), -1
        )
    if column not in faces.column_names:
        return torch.zeros(len(faces), 1, dtype=torch.bool)
    return torch.tensor([[name == value] for name in names_of(faces, column)])
