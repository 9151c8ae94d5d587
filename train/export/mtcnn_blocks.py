"""MTCNN's networks -> equal ones, up to rounding, that ONNX Runtime runs in its blocked layout.

That layout keeps 16 channels side by side. It has convolutions, ReLU, pooling and sums, but no
PReLU: converting the layout around each would cost more than the convolutions. So a PReLU becomes
s x + (1 - s) relu(x), weighted by 1 x 1 convolutions.
"""

from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad

BLOCK = 16  # channels


class Bend(nn.Module):
    """PReLU after a convolution."""

    def __init__(self, slopes: torch.Tensor) -> None:
        """slopes: (channels,), left of zero."""
        super().__init__()
        self.bent, self.straight = (
            weights(torch.diag(1 - slopes), groups=len(slopes)),
            weights(torch.diag(slopes), groups=len(slopes)),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(n, channels, rows, columns) -> the same shape."""
        return self.bent(torch.relu(values)) + self.straight(values)


class BendFlat(nn.Module):
    """PReLU after a dense layer, if no slope is above 1."""

    def __init__(self, slopes: torch.Tensor) -> None:
        """slopes: (features,). Raises ValueError if one is above 1."""
        super().__init__()
        if slopes.max() > 1:
            raise ValueError(f"Slopes should be at most 1, got {slopes.max()}.")
        self.slopes = nn.Parameter(slopes)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(n, features) -> the same shape."""
        return torch.maximum(values, self.slopes * values)


class BlockedPNet(nn.Module):
    """P-Net with its first PReLU moved behind the pooling, where there are a quarter of the values.

    A slope above zero keeps the order, so this changes nothing. With one below zero, the largest
    f(x) is that of the largest or the smallest x, so the convolution repeats those channels, times
    their slope: f = max(x, s x), before and after pooling.
    """

    def __init__(self, network: Any) -> None:
        """network: facenet-pytorch's P-Net."""
        super().__init__()
        slopes = slopes_of(network.prelu1)
        again = (slopes < 0).nonzero()[:, 0]
        self.conv1, self.pool1 = network.conv1, network.pool1
        first = values_of(network.conv1)
        twice = (
            torch.cat([part, part[again] * slopes[again].view(-1, *[1] * (part.ndim - 1))])
            for part in first
        )
        set_weights(self.conv1, *twice)
        bent, straight, signs = pairs_to_matrices(slopes, again)
        self.bent, self.straight = weights(bent), weights(straight)
        widen(network.conv2, len(straight), signs)
        self.conv2, self.bend2, self.conv3 = (
            network.conv2,
            Bend(slopes_of(network.prelu2)),
            network.conv3,
        )
        heads = torch.cat([network.conv4_1.weight, network.conv4_2.weight]).detach()[:, :, 0, 0]
        last = slopes_of(network.prelu3)
        self.bent_heads, self.heads = weights(heads * (1 - last)), weights(heads * last)
        self.heads.bias = nn.Parameter(
            torch.cat([network.conv4_1.bias, network.conv4_2.bias]).detach()
        )

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, 3, rows, columns) -> offsets (1, 4, ...), probabilities (1, 2, ...)."""
        pooled = self.pool1(self.conv1(pixels))
        values = torch.relu(self.bent(pooled)) + self.straight(pooled)
        values = self.conv3(self.bend2(self.conv2(values)))
        heads = self.bent_heads(torch.relu(values)) + self.heads(values)
        return heads[:, 2:], torch.softmax(heads[:, :2], dim=1)


def to_blocks(network: nn.Module) -> nn.Module:
    """R- or O-Net -> the same with its PReLUs replaced and whole blocks of channels in between."""
    before: nn.Module | None = None
    channels = 3
    for name, part in list(network.named_children()):
        if isinstance(part, nn.Conv2d):
            widen(part, channels)
            channels = _round_up(part.out_channels)
            kernel, bias = values_of(part)
            lacking = channels - len(kernel)
            set_weights(part, pad(kernel, (0, 0, 0, 0, 0, 0, 0, lacking)), pad(bias, (0, lacking)))
        if isinstance(part, nn.PReLU):
            slopes = slopes_of(part)
            flat = isinstance(before, nn.Linear)
            setattr(
                network,
                name,
                BendFlat(slopes) if flat else Bend(pad(slopes, (0, channels - len(slopes)))),
            )
        before = part
    return network


def values_of(layer: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """A layer -> its weights and bias."""
    return layer.weight.detach(), layer.bias.detach()


def slopes_of(prelu: nn.PReLU) -> torch.Tensor:
    """A PReLU -> its slopes, one a channel."""
    return prelu.weight.detach()


def weights(matrix: torch.Tensor, groups: int = 1) -> nn.Conv2d:
    """(outputs, inputs) -> a 1 x 1 convolution by it; with groups, by its diagonal alone."""
    if groups > 1:
        matrix = matrix.diagonal()[:, None]
    layer = nn.Conv2d(matrix.shape[1] * groups, len(matrix), 1, groups=groups)
    set_weights(layer, matrix[:, :, None, None].clone(), torch.zeros(len(matrix)))
    return layer


def set_weights(layer: nn.Conv2d, kernel: torch.Tensor, bias: torch.Tensor) -> None:
    """Give a layer other weights, and as many outputs as they have."""
    layer.weight, layer.bias, layer.out_channels = (
        nn.Parameter(kernel),
        nn.Parameter(bias),
        len(kernel),
    )


def widen(layer: nn.Conv2d, channels: int, signs: torch.Tensor | float = 1.0) -> None:
    """Let a layer take `channels`: weight 0 for new ones, a sign for each of its own."""
    kernel = (layer.weight.detach().movedim(1, -1) * signs).movedim(-1, 1)
    layer.weight = nn.Parameter(pad(kernel, (0, 0, 0, 0, 0, channels - layer.in_channels)))
    layer.in_channels = channels


def pairs_to_matrices(
    slopes: torch.Tensor, again: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Slopes, and the channels that are repeated -> A and B (channels, channels), and signs.

    sign f(x) = relu(A x) + B x. A slope below zero needs max(x, y) = relu(x - y) + y of both
    copies; a slope above 1 gets sign -1.
    """
    count = len(slopes)
    signs = torch.where(slopes > 1, -1.0, 1.0)
    bent, straight = torch.diag((1 - slopes).abs()), torch.diag(slopes * signs)
    bent[again, again], straight[again, again] = 1.0, 0.0
    bent, straight = (pad(matrix, (0, len(again), 0, len(again))) for matrix in (bent, straight))
    others = count + torch.arange(len(again))
    bent[again, others], straight[again, others] = -1.0, 1.0
    return bent, straight, signs


def _round_up(channels: int) -> int:
    return -(-channels // BLOCK) * BLOCK
