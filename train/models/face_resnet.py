"""dlib's face recognition ResNet (Davis King 2017) as a transformers network; 5.6 million weights.

Batch norms are folded into a gain and a bias per channel. Shortcuts have no weights: they pool by
averaging and pad with zeros. Importing this module lets `AutoConfig` and
`AutoModelForImageClassification` open the network's folder.
"""

from typing import Any

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy, max_pool2d, pad, relu
from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import ImageClassifierOutput


class FaceResNetConfig(PreTrainedConfig):
    """Channels and blocks of each stage; all stages but the first halve the picture first."""

    model_type = "dlib_face_resnet"

    def __init__(
        self,
        widths: tuple[int, ...] = (32, 64, 128, 256, 256),
        blocks: tuple[int, ...] = (3, 4, 3, 3, 1),
        **others: Any,
    ) -> None:
        """widths, blocks: one number per stage; others: any configuration's, such as id2label."""
        self.widths, self.blocks = list(widths), list(blocks)
        super().__init__(**others)


class Affine(nn.Module):
    """A gain and a bias per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.ones(channels)),
            nn.Parameter(torch.zeros(channels)),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(n, channels, height, width) -> the same."""
        return features * self.weight[:, None, None] + self.bias[:, None, None]


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, before: int, channels: int, halve: bool) -> None:
        super().__init__()
        self.halve, self.more = halve, channels - before
        self.conv1, self.affine1 = (
            nn.Conv2d(before, channels, 3, 1 + halve, 1 - halve),
            Affine(channels),
        )
        self.conv2, self.affine2 = nn.Conv2d(channels, channels, 3, 1, 1), Affine(channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(n, before, height, width) -> (n, channels, height or about half of it, ...)."""
        found = self.affine2(self.conv2(relu(self.affine1(self.conv1(features)))))
        if self.halve:
            features = avg_pool2d(features, 2, 2)
        height, width = (
            max(a, b) for a, b in zip(found.shape[2:], features.shape[2:], strict=True)
        )
        features = pad(
            features, (0, width - features.shape[3], 0, height - features.shape[2], 0, self.more)
        )
        return relu(features + pad(found, (0, width - found.shape[3], 0, height - found.shape[2])))


class FaceResNetForImageClassification(PreTrainedModel):
    """The ResNet with a classifier in place of its last layer, which made embeddings."""

    config_class = FaceResNetConfig
    main_input_name = "pixel_values"

    def __init__(self, config: FaceResNetConfig) -> None:
        super().__init__(config)
        first = config.widths[0]
        self.stem = nn.Sequential(nn.Conv2d(3, first, 7, 2), Affine(first))
        self.layers = nn.ModuleList(Block(*each) for each in block_shapes(config))
        self.classifier = nn.Linear(config.widths[-1], config.num_labels)
        self.post_init()

    def forward(
        self,
        pixel_values: torch.Tensor,
        labels: torch.Tensor | None = None,
        output_hidden_states: bool = False,
        **_: Any,
    ) -> ImageClassifierOutput:
        """(n, 3, height, width), 150 px for dlib's weights -> (n, classes) logits, features."""
        features = max_pool2d(
            relu(self.stem(pixel_values.contiguous(memory_format=torch.channels_last))), 3, 2
        )
        hidden = [features]
        for layer in self.layers:
            hidden.append(features := layer(features))
        logits = self.classifier(features.mean((2, 3)))
        loss = None if labels is None else cross_entropy(logits, labels)
        shown = tuple(hidden) if output_hidden_states else None
        return ImageClassifierOutput(loss=loss, logits=logits, hidden_states=shown)


def block_shapes(config: FaceResNetConfig) -> list[tuple[int, int, bool]]:
    """A configuration -> each block's input channels, output channels, and whether it halves."""
    shapes, before = [], config.widths[0]
    for stage, (width, count) in enumerate(zip(config.widths, config.blocks, strict=True)):
        for number in range(count):
            shapes.append((before, width, stage > 0 and number == 0))
            before = width
    return shapes


AutoConfig.register(FaceResNetConfig.model_type, FaceResNetConfig)
AutoModelForImageClassification.register(FaceResNetConfig, FaceResNetForImageClassification)
