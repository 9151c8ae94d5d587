"""A network in training -> the moving average of its weights (Polyak 1992), the final model.

torch's AveragedModel does not do the job: it copies the network before FSDP shards it, it does not
swap the average in for an evaluation, and it does not keep the best one.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import TrainerCallback

from ..common.distributed import gathered, shared_like

AVERAGE = "average.safetensors"


class EMACallback(TrainerCallback):
    """Keeps the average, and the best average so far if `patience` can end the run."""

    def __init__(self, network: nn.Module, decay: float, patience: int) -> None:
        """decay: per step, lower in the first steps; patience: epochs without better accuracy."""
        self._network, self._decay, self._patience = network, decay, patience
        self._average: dict[str, torch.Tensor] = {}
        self._best: dict[str, torch.Tensor] = {}
        self._loaded: dict[str, torch.Tensor] = {}
        self.best_accuracy, self.waited = -1.0, 0

    def state(self) -> dict[str, torch.Tensor]:
        """All the network's tensors: parameters, and the statistics and counts of batch norms."""
        tensors = {**dict(self._network.named_parameters()), **dict(self._network.named_buffers())}
        return {name: tensor.detach() for name, tensor in tensors.items()}

    def weights(self) -> dict[str, torch.Tensor]:
        """The tensors to average: all but the counts."""
        return {name: tensor for name, tensor in self.state().items() if tensor.is_floating_point()}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start from the network's weights, or a checkpoint's: the Trainer loads only some."""
        if not self._average:
            self._average = {name: tensor.clone() for name, tensor in self.weights().items()}
        self._restore()
        for part in (self._average, self._best):
            part.update(
                {
                    name: shared_like(part[name], weight)
                    for name, weight in self.weights().items()
                    if name in part
                }
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move the average towards the weights."""
        decay = min(self._decay, (1 + state.global_step) / (10 + state.global_step))
        weights = self.weights()
        torch._foreach_lerp_(
            [self._average[name] for name in weights], list(weights.values()), 1 - decay
        )

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any
    ) -> None:
        """Remember the best average, and stop when patience runs out."""
        if not self._patience:
            return
        if metrics["eval_accuracy"] > self.best_accuracy:
            self.best_accuracy, self.waited = metrics["eval_accuracy"], 0
            # during evaluation the network holds the average
            self._best = {name: tensor.clone() for name, tensor in self.weights().items()}
        else:
            self.waited += 1
        control.should_training_stop = control.should_training_stop or self.tired

    @property
    def tired(self) -> bool:
        """Whether patience has run out."""
        return self._patience > 0 and self.waited >= self._patience

    @torch.no_grad()
    def swap(self) -> None:
        """Swap the average and the weights; a second call swaps them back."""
        for name, weight in self.weights().items():
            kept = weight.clone()
            weight.copy_(self._average[name])
            self._average[name].copy_(kept)

    @torch.no_grad()
    def keep(self) -> None:
        """Copy the average, or the best one, into the network for good."""
        for name, weight in self.weights().items():
            weight.copy_((self._best or self._average)[name])

    def save(self, folder: Path, write: bool = True) -> dict[str, float]:
        """Write weights and averages -> what else to store; every process calls, one writes."""
        named = {"loaded": self.state(), "average": self._average, "best": self._best}
        tensors = {
            f"{kind}/{name}": gathered(tensor)
            for kind, part in named.items()
            for name, tensor in part.items()
        }
        if write:
            save_file(
                {name: tensor.contiguous() for name, tensor in tensors.items()}, folder / AVERAGE
            )
        return {"best_accuracy": self.best_accuracy, "waited": self.waited}

    def load(self, folder: Path, remembered: dict[str, float]) -> None:
        """Restore what `save` wrote and returned."""
        device = next(iter(self._network.parameters())).device
        parts = {"loaded": self._loaded, "average": self._average, "best": self._best}
        for name, tensor in load_file(folder / AVERAGE, device=str(device)).items():
            kind, name = name.split("/", 1)
            parts[kind][name] = tensor
        self.best_accuracy, self.waited = remembered["best_accuracy"], int(remembered["waited"])
        self._restore()

    def _restore(self) -> None:
        state = self.state()
        for name, tensor in self._loaded.items():
            state[name].copy_(shared_like(tensor, state[name]))
