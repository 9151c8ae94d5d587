"""Processes that train one network together, started by `accelerate launch` or `torchrun`."""

from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import extract_model_from_parallel
from torch import nn
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import TrainingArguments

from .errors import StageError


def processes() -> PartialState:
    """How many processes there are, and which one this is; one if not launched as several."""
    return PartialState(cpu=not torch.cuda.is_available())


def share_of_batch(faces: int, count: int) -> int:
    """Faces in a batch of all processes -> in each one's share. Raises StageError if uneven.

    A recipe then means the same for any number of processes.
    """
    if faces % count:
        raise StageError(f"--batch_size {faces} cannot be divided by {count} processes.")
    return faces // count


def with_one_gpu(arguments: TrainingArguments) -> TrainingArguments:
    """The Trainer's arguments -> the same for one GPU a process.

    With more, the Trainer wraps the network in DataParallel and multiplies the batch.
    """
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def gathered(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor, perhaps sharded (FSDP) -> all of it; every process must call this."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def shared_like(tensor: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """A whole tensor -> sharded over the processes as `other` is."""
    if not isinstance(other, DTensor) or isinstance(tensor, DTensor):
        return tensor
    return distribute_tensor(tensor.to(other.device), other.device_mesh, other.placements)


def whole(network: Any) -> Any:
    """A trained network -> itself or an unsharded copy, without the Trainer's wrappers.

    Under autocast it would score in bf16, but a run that goes on after its last step in float32.
    Every process must call this.
    """
    state = network.state_dict()
    if not any(isinstance(tensor, DTensor) for tensor in state.values()):
        return extract_model_from_parallel(network, keep_fp32_wrapper=False)
    copy: nn.Module = type(network)(network.config)
    copy.load_state_dict({name: gathered(tensor).cpu() for name, tensor in state.items()})
    return copy
