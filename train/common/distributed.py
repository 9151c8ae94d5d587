"""Processes that train one network together, as `accelerate launch` or `torchrun` started them; one without these."""

from typing import Any

import torch
from accelerate import PartialState
from torch import nn
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import TrainingArguments

from .errors import StageError


def processes() -> PartialState:
    """All of them, and which one this is."""
    return PartialState(cpu=not torch.cuda.is_available())


def share_of_batch(faces: int, count: int) -> int:
    """Faces a pass of all `count` processes -> of each, so that a recipe is the same for any number. Raises StageError."""
    if faces % count:
        raise StageError(f"--batch_size {faces} cannot be shared evenly by {count} processes.")
    return faces // count


def with_one_gpu(arguments: TrainingArguments) -> TrainingArguments:
    """The Trainer's arguments -> the same for one GPU a process, where it would use all of them and multiply the batch."""
    arguments._n_gpu = min(1, arguments.n_gpu)  # more are wrapped in DataParallel, a batch for each
    return arguments


def gathered(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor, of which each process may hold a part (FSDP) -> the whole of it; all processes must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def shared_like(tensor: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """A whole tensor -> shared out between the processes as `other` is."""
    if not isinstance(other, DTensor) or isinstance(tensor, DTensor):
        return tensor
    return distribute_tensor(tensor.to(other.device), other.device_mesh, other.placements)


def whole(network: Any) -> Any:
    """A network -> itself, or a copy with whole weights where each process holds a part of them; all processes must ask."""
    state = network.state_dict()
    if not any(isinstance(tensor, DTensor) for tensor in state.values()):
        return network
    copy: nn.Module = type(network)(network.config)
    copy.load_state_dict({name: gathered(tensor).cpu() for name, tensor in state.items()})
    return copy
