"""Other columns of the faces, such as age -> extra heads that learn them (Caruana 1997)."""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from ..common.errors import StageError
from ..data import names_of
from ..models.param_groups import head_of

REFUSED = (
    "race",
    "ethnicity",
)  # we train no race model, not even a throwaway one: the model card says so
UNKNOWN = -1  # number of a face that has no value in the column


def aux_labels(faces: Dataset, columns: Sequence[str]) -> torch.Tensor:
    """Faces, columns -> (n, columns) the number of each face's value, UNKNOWN if it has none.

    Values are numbered in sorted order. Raises StageError if a column does not exist, is race or
    ethnicity, has fewer than two values, or has as many values as there are faces.
    """
    return torch.tensor([_numbers(faces, column) for column in columns]).T


def _numbers(faces: Dataset, column: str) -> list[int]:
    if column.lower() in REFUSED:
        raise StageError(
            f"--aux_targets {column} is refused: no race model is trained here. "
            "Race serves to audit, and in --group_weights."
        )
    if column not in faces.column_names:
        raise StageError(
            f"--aux_targets {column} is no column of the faces; "
            f"these are: {', '.join(faces.column_names)}."
        )
    names = names_of(faces, column)
    number_of = {
        name: number
        for number, name in enumerate(sorted({name for name in names if name is not None}))
    }
    if not 1 < len(number_of) < len(names):
        raise StageError(
            f"--aux_targets {column} has {len(number_of)} values for {len(names)} faces: "
            "there is nothing to learn from it."
        )
    return [UNKNOWN if name is None else number_of[name] for name in names]


class AuxiliaryHeads(nn.Module):
    """A linear classifier for each column, next to the network's own; removed after training."""

    def __init__(self, network: PreTrainedModel, numbers: torch.Tensor) -> None:
        """numbers: from aux_labels."""
        super().__init__()
        head = head_of(network, network.config.num_labels)
        self.heads = nn.ModuleList(
            nn.Linear(head.in_features, int(count)) for count in numbers.amax(0) + 1
        )
        self.to(network.device)
        self._listener = head.register_forward_pre_hook(self._listen)

    def _listen(self, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._read = inputs[0]

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """(n, columns) numbers of the last batch -> the sum of each column's mean cross-entropy."""
        losses = [
            cross_entropy(head(self._read).float(), wanted, ignore_index=UNKNOWN, reduction="sum")
            / (wanted != UNKNOWN).sum().clamp(min=1)
            for head, wanted in zip(self.heads, numbers.T, strict=True)
        ]
        return torch.stack(losses).sum()

    def leave(self) -> None:
        """Remove the hook from the network."""
        self._listener.remove()
