"""Parameters -> one optimizer: Muon for matrices and AdamW for the rest, or AdamW for all.

Muon (Jordan et al. 2024) makes each matrix's update orthogonal. With updates scaled to AdamW's size
(Liu et al. 2025), one learning rate serves both. With Muon, a ViT trained from scratch on 36,000
faces learns about twice as fast: docs/experiments.md.
"""

import math
from collections import defaultdict
from typing import Any

import torch
from torch import nn

from ..models.param_groups import depths, is_head, is_stem
from ..settings import OptimizerSettings

Groups = list[dict[str, Any]]


def new_optimizer(network: nn.Module, settings: OptimizerSettings) -> torch.optim.Optimizer:
    """A network and settings -> its optimizer; `layer_decay` slows down earlier blocks."""
    matrices, others = parameter_groups(network, settings)
    if settings.muon and matrices:
        return MuonAdamW(matrices, others, settings.learning_rate)
    return torch.optim.AdamW([*matrices, *others], lr=settings.learning_rate)


def parameter_groups(network: nn.Module, settings: OptimizerSettings) -> tuple[Groups, Groups]:
    """A network -> groups of hidden matrices, and of the rest; only layers' weights decay."""
    depth = depths(network)
    top = max(depth.values())
    groups: dict[tuple[bool, int, float, float], list[nn.Parameter]] = defaultdict(list)
    for name, weight in network.named_parameters():
        inner = not (is_head(name) or is_stem(name))
        decay = settings.weight_decay if inner and weight.ndim > 1 else 0.0
        factor = settings.head_factor if is_head(name) else 1.0
        groups[inner and weight.ndim == 2, depth[name], decay, factor].append(weight)
    made: tuple[Groups, Groups] = ([], [])
    for (hidden, level, decay, factor), weights in groups.items():
        rate = factor * settings.learning_rate * settings.layer_decay ** (top - level)
        made[not hidden].append({"params": weights, "lr": rate, "weight_decay": decay})
    return made


def frozen_steps(freeze_epochs: float, epochs: float, steps: int) -> int:
    """Epochs with the body frozen, and all epochs and steps -> steps with the body frozen."""
    return round(freeze_epochs / epochs * steps) if epochs else 0


def rate_factor(step: int, frozen: int, rising: int, steps: int) -> float:
    """A step -> its share of the peak rate: 1 while the body is frozen, then a rise and a cosine.

    frozen: steps in which only the classifier learns; rising: those after them; steps: all.
    """
    if step < frozen:
        return 1.0
    step, steps = step - frozen, max(1, steps - frozen)
    if step < rising:
        return step / rising
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, (step - rising) / max(1, steps - rising)))


class MuonAdamW(torch.optim.Optimizer):
    """Two optimizers that step, save and load as one."""

    def __init__(self, matrices: Groups, others: Groups, learning_rate: float) -> None:
        """matrices: groups for Muon; others: groups for AdamW."""
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=learning_rate, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=learning_rate, fused=True),
        ]
        super().__init__(
            [{"params": group["params"]} for group in (*matrices, *others)], {"lr": learning_rate}
        )
        self._share_groups()

    def _share_groups(self) -> None:
        """Schedulers change `param_groups` here, so the parts must share its dictionaries."""
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Step both optimizers."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Both states, under `parts`."""
        return {
            "parts": [part.state_dict() for part in self._parts],
            "state": {},
            "param_groups": [],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()
