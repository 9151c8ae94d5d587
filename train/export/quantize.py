"""Float ONNX -> int8, and whether it gives the same scores."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from datasets import Dataset
from onnxruntime.quantization import QuantType, quantize_dynamic

from face_gender.model_folder import open_model
from face_gender.scores import OnnxScorer
from face_gender.settings import ModelSettings

from ..common.errors import StageError
from ..data import LABEL
from ..settings import ExportSettings

KEPT = (
    (0, False),
    (1 / 3, False),
    (1 / 2, True),
)  # in float32, by `early`, one after the other: small ViTs' int8 errs early


def quantize(path: Path, to: Path, kept: Sequence[str] = ()) -> None:
    """Float ONNX -> int8 weights by channel, except in `kept` nodes; dynamic activations.

    Weights use 7 bits: with 8, processors without VNNI overflow silently.
    """
    options = {"op_types_to_quantize": ["MatMul", "Gemm"], "nodes_to_exclude": list(kept)}
    quantize_dynamic(
        path, to, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8, **options
    )


def early(path: Path, share: float, narrowing: bool) -> list[str]:
    """Float ONNX -> names of square (attention) or narrowing (MLP) matrices in its first share."""
    graph = onnx.load(path).graph
    shapes = {weight.name: list(weight.dims) for weight in graph.initializer}
    products = [
        (node.name, shapes[node.input[1]])
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in shapes
    ]
    first = products[: round(len(products) * share)]
    return [
        name
        for name, (rows, columns) in first
        if (rows > columns if narrowing else rows == columns)
    ]


def score_file(folder: Path, onnx_file: Path, crops: list[np.ndarray]) -> np.ndarray:
    """Crops -> (n, classes) scores by an ONNX file, with the model folder's configuration."""
    with TemporaryDirectory() as scratch:
        for name in ("config.json", "preprocessor_config.json"):
            shutil.copyfile(folder / name, Path(scratch) / name)
        shutil.copyfile(onnx_file, Path(scratch) / "model.onnx")
        return OnnxScorer(open_model(ModelSettings(scratch))).score_crops(crops)


def true_labels(split: Dataset, labels: list[str]) -> np.ndarray:
    """A split and the model's classes -> its labels by the model's numbers.

    Raises StageError if the model lacks a class.
    """
    names = split.features[LABEL].names
    if not set(names) <= set(labels):
        raise StageError(f"The data's classes are {names}, but the model has {labels}.")
    return np.array([labels.index(names[label]) for label in split[LABEL]])


def holds(
    floats: np.ndarray, ints: np.ndarray, labels: np.ndarray, settings: ExportSettings
) -> bool:
    """Scores of both, and labels -> whether int8 may be served; prints the three figures."""
    right = [100 * (scores.argmax(axis=1) == labels).mean() for scores in (floats, ints)]
    same = (floats.argmax(axis=1) == ints.argmax(axis=1)).mean()
    moved = float(np.median(np.abs(floats - ints)))
    print(
        f"int8 on {len(labels)} faces: {same:.2%} same label, scores move by {moved:.4f}, "
        f"accuracy {right[0]:.2f} % -> {right[1]:.2f} %"
    )
    return bool(
        same >= settings.same_label
        and moved <= settings.median_difference
        and abs(right[0] - right[1]) <= settings.accuracy_points
    )
