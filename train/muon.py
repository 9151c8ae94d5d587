"""Parameters -> one optimizer: Muon for the matrices, AdamW for the rest.

Muon (Jordan et al. 2024) makes each matrix's update orthogonal; with updates scaled to AdamW's size (Liu et al. 2025) one
learning rate serves both. A ViT from scratch on 36,000 faces learns about twice as fast with it: RESULTS.md.
"""

from typing import Any

import torch
from torch import nn


class MuonAdamW(torch.optim.Optimizer):
    """Two optimizers that step, save and load as one."""

    def __init__(self, model: nn.Module, learning_rate: float, weight_decay: float) -> None:
        """Matrices of the hidden layers go to Muon; embeddings, biases, norms and the classifier to AdamW."""
        named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
        hidden = {name for name, weight in named if weight.ndim == 2 and "classifier" not in name}
        matrices = [weight for name, weight in named if name in hidden]
        others = [weight for name, weight in named if name not in hidden]
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=learning_rate, weight_decay=0.0, fused=True),
        ]
        super().__init__([{"params": matrices}, {"params": others}], {"lr": learning_rate})
        self._share_groups()

    def _share_groups(self) -> None:
        """Schedulers change `param_groups` here; the parts must see the same dictionaries."""
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Step both."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Both states, under `parts`."""
        return {"parts": [part.state_dict() for part in self._parts], "state": {}, "param_groups": []}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What state_dict gave."""
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()
