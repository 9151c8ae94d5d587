"""Other columns of the faces, such as age -> what is learnt beside the classes (Caruana 1997)."""

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
)  # no race model is trained here, not even one that is thrown away: the card says so
UNKNOWN = -1  # a face's number in a column that says nothing of it


def aux_labels(faces: Dataset, columns: Sequence[str]) -> torch.Tensor:
    """Faces, columns -> (n, columns) the number of each face's value, UNKNOWN if it has none.

    Values are numbered in order. Raises StageError if there is no such column, or it is race, has
    one value, or as many as faces.
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
    """A linear classifier for each column, beside the network's own; removed after training."""

    def __init__(self, network: PreTrainedModel, numbers: torch.Tensor) -> None:
        """numbers: as from aux_labels."""
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
        """(n, columns) of the faces just seen -> the sum of each column's mean cross-entropy."""
        losses = [
            cross_entropy(head(self._read).float(), wanted, ignore_index=UNKNOWN, reduction="sum")
            / (wanted != UNKNOWN).sum().clamp(min=1)
            for head, wanted in zip(self.heads, numbers.T, strict=True)
        ]
        return torch.stack(losses).sum()

    def leave(self) -> None:
        """Stop reading along."""
        self._listener.remove()
