"""A network -> one ONNX file; a model folder -> its ONNX file in float32."""

import json
from pathlib import Path

import onnx
import torch
from torch import nn
from transformers import AutoModelForImageClassification

from face_gender.runtime.files import atomic_write
from face_gender.scores import crop_size

Axes = dict[int, object]


ANY = torch.export.Dim.DYNAMIC


class Logits(nn.Module):
    """A classifier that returns only its logits."""

    def __init__(self, model: nn.Module) -> None:
        """model: a transformers image classifier."""
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """(n, 3, size, size) -> (n, classes)."""
        return self.model(pixel_values).logits


def write_onnx(network: nn.Module, example: torch.Tensor, axes: Axes, path: Path) -> None:
    """A network -> an ONNX file without this machine's paths; inputs vary along `axes`."""
    program = torch.onnx.export(
        network.eval(),
        (example,),
        dynamo=True,
        dynamic_shapes=({axis: ANY for axis in axes},),
        external_data=False,
        verbose=False,
    )
    if program is None:
        raise ValueError(f"torch gave no ONNX program for {path.name}.")
    graph = program.model_proto
    for part in (
        graph,
        graph.graph,
        *graph.graph.node,
        *graph.graph.value_info,
        *graph.graph.input,
        *graph.graph.output,
    ):
        del part.metadata_props[:]
    del graph.graph.value_info[:]  # stale shapes would stop the quantiser
    with atomic_write(path) as beside:
        onnx.save(graph, beside)


def write_model_onnx(folder: Path, path: Path) -> None:
    """A model folder -> its network in float32 as ONNX at `path`."""
    model = AutoModelForImageClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    size = size_of(folder)
    write_onnx(Logits(model), torch.zeros(2, 3, size, size), {0: ANY}, path)


def size_of(folder: Path) -> int:
    """A model folder -> side of the crops that it reads, in px."""
    return crop_size(json.loads((folder / "preprocessor_config.json").read_text()))
