"""A trained classifier -> what a pupil learns from it: soft labels, and what it sees where."""

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import nn
from torch.nn.functional import (
    adaptive_avg_pool2d,
    interpolate,
    kl_div,
    layer_norm,
    log_softmax,
    mse_loss,
    softmax,
)
from transformers import AutoImageProcessor, AutoModelForImageClassification, PreTrainedModel

from ..data import class_order
from ..models.build import choose_attention, labels_of

DEPTHS = (
    1 / 2,
    3 / 4,
)  # of both networks, at which the pupil's features are held against the teacher's


class Teacher:
    """A trained classifier that labels our tensors softly, as they are and mirrored, and shows its feature maps."""

    def __init__(
        self,
        name: str,
        labels: list[str],
        processor: dict[str, Any],
        device: torch.device,
        bf16: bool = False,
    ) -> None:
        """labels, processor: the pupil's. Raises StageError where the teacher knows other classes."""
        self._order = teacher_order(name, labels)
        network = (
            AutoModelForImageClassification.from_pretrained(name, dtype=torch.float32)
            .eval()
            .to(device)
        )
        choose_attention(network)
        self._network, self.device, self._bf16 = (
            network.to(memory_format=torch.channels_last),
            device,
            bf16,
        )
        self.margin = margin_of(network)
        theirs = AutoImageProcessor.from_pretrained(name).to_dict()
        self.side: int = theirs["size"].get("height") or theirs["size"]["shortest_edge"]
        self._from, self._to = _scaling(processor, device), _scaling(theirs, device)

    @torch.no_grad()
    def __call__(
        self, pixels: torch.Tensor, maps: bool = False
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Tensors as the pupil sees them -> (n, classes) logits in the pupil's order, and maps of features if wanted.

        The logits are the mean over a face and its mirror image: a surer teacher, and one without a side.
        """
        pixels = pixels * self._from[1] + self._from[0]
        if pixels.shape[-1] != self.side:
            pixels = interpolate(pixels, (self.side, self.side), mode="bilinear", antialias=True)
        pixels = (pixels - self._to[0]) / self._to[1]
        with self._precision():
            outputs = self._network(pixels, output_hidden_states=maps)
            mirrored = self._network(pixels.flip(-1)).logits
        logits = (outputs.logits.float() + mirrored.float()) / 2
        return logits[:, self._order], maps_at(outputs.hidden_states) if maps else []

    def _precision(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16)


def margin_of(network: PreTrainedModel) -> float | None:
    """A network -> the margin of the crops that it is served, if its `config.json` has one."""
    margin: float | None = (getattr(network.config, "face_gender", None) or {}).get("margin")
    return margin


def teacher_order(name: str, labels: list[str]) -> list[int]:
    """A teacher's folder or Hub name, and the pupil's classes -> the teacher's number of each. Raises StageError."""
    return class_order(labels, labels_of(name), f"the teacher {name}")


class Hints(nn.Module):
    """Linear maps from a pupil's features to its teacher's (FitNets, Romero et al. 2015); thrown away after training."""

    def __init__(self, pupil: PreTrainedModel, teacher: Teacher, side: int) -> None:
        """side: px, of the pupil's crops."""
        super().__init__()
        blank = torch.zeros(2, 3, side, side, device=pupil.device)
        with torch.no_grad():
            ours = maps_at(pupil(blank, output_hidden_states=True).hidden_states)
        theirs = teacher(blank.to(teacher.device), maps=True)[1]
        self.maps = nn.ModuleList(
            nn.Conv2d(a.shape[1], b.shape[1], 1) for a, b in zip(ours, theirs, strict=True)
        )
        self.to(pupil.device)

    def forward(self, hidden: tuple[torch.Tensor, ...], theirs: list[torch.Tensor]) -> torch.Tensor:
        """The pupil's hidden states and the teacher's maps -> mean squared distance, 1 for a pupil that knows nothing."""
        distances = []
        for to_theirs, ours, wanted in zip(self.maps, maps_at(hidden), theirs, strict=True):
            plain = layer_norm(ours.movedim(1, -1), ours.shape[1:2]).movedim(-1, 1)
            shown = adaptive_avg_pool2d(
                to_theirs(plain).float(), (wanted.shape[-2], wanted.shape[-1])
            )
            distances.append(mse_loss(shown, standardised(wanted)))
        return torch.stack(distances).mean()


def maps_at(hidden: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    """A network's hidden states, its embeddings first -> maps (n, channels, height, width) at DEPTHS."""
    return [as_map(hidden[round(depth * (len(hidden) - 1))]) for depth in DEPTHS]


def as_map(features: torch.Tensor) -> torch.Tensor:
    """(n, channels, height, width), or (n, tokens, channels) with any special tokens first -> a map."""
    if features.ndim == 4:
        return features
    side = int(features.shape[1] ** 0.5)
    return features[:, -side * side :].transpose(1, 2).unflatten(2, (side, side))


def standardised(features: torch.Tensor) -> torch.Tensor:
    """A map -> the same with every channel of mean 0 and deviation 1 over the batch."""
    features = features.float()
    mean, deviation = features.mean((0, 2, 3), keepdim=True), features.std((0, 2, 3), keepdim=True)
    return (features - mean) / (deviation + 1e-3)


def tilted(teacher: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, classes) a teacher's logits, and weights of both classes -> the logits tilted by these; (n,) the faces' weights.

    A label that weighs more shifts what is learnt of the labels; this shifts what is learnt of the teacher by as much.
    """
    return teacher + weights.log(), (softmax(teacher, dim=1) * weights).sum(1)


def distillation(pupil: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """(n, classes) logits of both -> (n,) the pupil's distance from the teacher's softened labels (Hinton et al. 2015)."""
    ours, theirs = log_softmax(pupil / temperature, dim=1), softmax(teacher / temperature, dim=1)
    return kl_div(ours, theirs, reduction="none").sum(1) * temperature**2


def disagreement(logits: torch.Tensor, looks: int) -> torch.Tensor:
    """(n, classes) logits, looks at a face side by side -> their Jensen-Shannon divergence (AugMix, Hendrycks et al. 2020)."""
    each = log_softmax(logits, dim=1).unflatten(0, (-1, looks))
    mean = each.exp().mean(1, keepdim=True).log().expand_as(each)
    return kl_div(mean, each, reduction="none", log_target=True).sum(-1).mean()


def _scaling(processor: dict[str, Any], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """An image processor's settings -> mean and standard deviation, (3, 1, 1) each."""
    mean, std = (
        torch.tensor(processor[name], device=device)[:, None, None]
        for name in ("image_mean", "image_std")
    )
    return mean, std
