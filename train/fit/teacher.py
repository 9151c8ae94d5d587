"""A trained classifier -> the soft labels that a student learns from."""

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.nn.functional import interpolate
from transformers import AutoModelForImageClassification, PreTrainedModel

from ..data import class_order
from ..models.labels import labels_of
from ..models.processor import read_processor, scaling_of, side_of, wants_bgr
from ..models.surgery import choose_attention, turn_colours


class Teacher:
    """A trained classifier that gives soft labels to the student's tensors."""

    def __init__(
        self,
        name: str,
        labels: list[str],
        processor: dict[str, Any],
        device: torch.device,
        bf16: bool = False,
    ) -> None:
        """labels, processor: the student's. Raises StageError if the teacher's classes differ."""
        self._order = teacher_order(name, labels)
        network = AutoModelForImageClassification.from_pretrained(name, dtype=torch.float32)
        network = network.eval().to(device)
        choose_attention(network)
        self._network = network.to(memory_format=torch.channels_last)
        self.device, self._bf16 = device, bf16
        self.margin = margin_of(network)
        theirs = read_processor(name)
        if wants_bgr(theirs):
            turn_colours(network, name)
        self.side = side_of(theirs)
        self._from, self._to = _scaling(processor, device), _scaling(theirs, device)

    @torch.no_grad()
    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Tensors as the student sees them -> (n, classes) logits in the student's order.

        They are the mean over a face and its mirror image: more reliable, and symmetric.
        """
        pixels = pixels * self._from[1] + self._from[0]
        if pixels.shape[-1] != self.side:
            pixels = interpolate(pixels, (self.side, self.side), mode="bilinear", antialias=True)
        pixels = (pixels - self._to[0]) / self._to[1]
        with self._precision():
            logits = self._network(pixels).logits.float()
            mirrored = self._network(pixels.flip(-1)).logits.float()
        return ((logits + mirrored) / 2)[:, self._order]

    def _precision(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16)


def margin_of(network: PreTrainedModel) -> float | None:
    """A network -> the margin of its serving crops, if its `config.json` has one."""
    ours = getattr(network.config, "face_gender", None) or {}
    margin: float | None = ours.get("margin")
    return margin


def teacher_order(name: str, labels: list[str]) -> list[int]:
    """A teacher, and the student's classes -> the teacher's number of each. Raises StageError."""
    return class_order(labels, labels_of(name), f"the teacher {name}")


def _scaling(processor: dict[str, Any], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """An image processor's settings -> mean and standard deviation, (3, 1, 1) each."""
    mean, deviation = (
        torch.tensor(colours, device=device)[:, None, None] for colours in scaling_of(processor)
    )
    return mean, deviation
