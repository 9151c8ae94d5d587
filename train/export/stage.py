"""Model folder -> ONNX beside it: `python -m train.export`; MTCNN's three networks -> ONNX: `... --mtcnn FOLDER`."""

import json
import shutil
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from datasets import Dataset
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import AutoModelForImageClassification

from face_gender.model_folder import open_model
from face_gender.runtime.files import atomic_write
from face_gender.scores import OnnxScorer, crop_size
from face_gender.settings import ModelSettings

from ..common.stages import StageError, run_stage
from ..data import CALIBRATION, LABEL, PHOTO, load_parts
from ..fit.augment import middle
from ..models.build import labels_of
from ..settings import ExportSettings, RunSettings
from .mtcnn_blocks import BlockedPNet, to_blocks

Axes = dict[int, object]
ANY = torch.export.Dim.DYNAMIC
KEPT = ((0, False), (1 / 3, False), (1 / 2, True))  # in float32, by `early`, one after the other: small ViTs' int8 errs early


class Logits(nn.Module):
    """A classifier that gives its logits alone."""

    def __init__(self, model: nn.Module) -> None:
        """model: of transformers, for image classification."""
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """(n, 3, size, size) -> (n, classes)."""
        return self.model(pixel_values).logits


def write_onnx(network: nn.Module, example: torch.Tensor, axes: Axes, path: Path) -> None:
    """A network -> one ONNX file without traces of this machine, whose inputs may have any length along `axes`."""
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
    for part in (graph, graph.graph, *graph.graph.node, *graph.graph.value_info, *graph.graph.input, *graph.graph.output):
        del part.metadata_props[:]
    del graph.graph.value_info[:]  # stale shapes would stop the quantiser
    with atomic_write(path) as beside:
        onnx.save(graph, beside)


def write_mtcnn(folder: Path) -> None:
    """The installed facenet-pytorch's weights -> pnet.onnx, rnet.onnx, onet.onnx and their MIT notice."""
    from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(BlockedPNet(PNet()), torch.zeros(1, 3, 48, 64), {2: ANY, 3: ANY}, folder / "pnet.onnx")
    write_onnx(to_blocks(RNet()), torch.zeros(4, 3, 24, 24), {0: ANY}, folder / "rnet.onnx")
    write_onnx(to_blocks(ONet()), torch.zeros(4, 3, 48, 48), {0: ANY}, folder / "onet.onnx")
    notice = next(file for file in metadata.files("facenet-pytorch") or [] if file.name.startswith("LICENSE"))
    shutil.copyfile(str(notice.locate()), folder / "LICENSE.md")


def write_model_onnx(folder: Path, path: Path) -> None:
    """A model folder -> its network in float32 as ONNX at `path`."""
    model = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    size = size_of(folder)
    write_onnx(Logits(model), torch.zeros(2, 3, size, size), {0: ANY}, path)


def size_of(folder: Path) -> int:
    """A model folder -> side of the crops that it reads, in px."""
    return crop_size(json.loads((folder / "preprocessor_config.json").read_text()))


def quantize(path: Path, to: Path, kept: Sequence[str] = ()) -> None:
    """Float ONNX -> int8 weights per channel but for the nodes `kept`, activations quantised as they come.

    Weights keep to 7 bits: with 8, processors without VNNI overflow in silence.
    """
    options = {"op_types_to_quantize": ["MatMul", "Gemm"], "nodes_to_exclude": list(kept)}
    quantize_dynamic(path, to, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8, **options)


def early(path: Path, share: float, narrowing: bool) -> list[str]:
    """Float ONNX -> names of its first share's square matrices, a ViT's attention, or narrowing ones, which end its MLPs."""
    graph = onnx.load(path).graph
    shapes = {weight.name: list(weight.dims) for weight in graph.initializer}
    products = [
        (node.name, shapes[node.input[1]]) for node in graph.node if node.op_type == "MatMul" and node.input[1] in shapes
    ]
    first = products[: round(len(products) * share)]
    return [name for name, (rows, columns) in first if (rows > columns if narrowing else rows == columns)]


def score_file(folder: Path, onnx_file: Path, crops: list[np.ndarray]) -> np.ndarray:
    """Scores of crops by an ONNX file, used as the model folder's: (n, classes)."""
    with TemporaryDirectory() as scratch:
        for name in ("config.json", "preprocessor_config.json"):
            shutil.copyfile(folder / name, Path(scratch) / name)
        shutil.copyfile(onnx_file, Path(scratch) / "model.onnx")
        return OnnxScorer(open_model(ModelSettings(scratch))).score_crops(crops)


def true_labels(part: Dataset, labels: list[str]) -> np.ndarray:
    """A part and the model's classes -> its labels by the model's numbers, whatever the order in the data.

    Raises StageError where the model does not know a class.
    """
    names = part.features[LABEL].names
    if not set(names) <= set(labels):
        raise StageError(f"The data's classes are {names}, but those of the model are {labels}.")
    return np.array([labels.index(names[label]) for label in part[LABEL]])


def holds(floats: np.ndarray, ints: np.ndarray, labels: np.ndarray, settings: ExportSettings) -> bool:
    """Scores of both and the truth -> whether int8 may be served; prints the three figures."""
    right = [100 * (scores.argmax(axis=1) == labels).mean() for scores in (floats, ints)]
    same = (floats.argmax(axis=1) == ints.argmax(axis=1)).mean()
    moved = float(np.median(np.abs(floats - ints)))
    print(
        f"int8 on {len(labels)} faces: {same:.2%} same label, scores move by {moved:.4f}, {right[0]:.2f} % -> {right[1]:.2f} %"
    )
    return bool(
        same >= settings.same_label
        and moved <= settings.median_difference
        and abs(right[0] - right[1]) <= settings.accuracy_points
    )


def export_model(run: RunSettings, settings: ExportSettings) -> None:
    """Write model.onnx into the model folder: int8, perhaps but for some early matrices, where it holds; else float."""
    folder = run.folder("model")
    part = load_parts(run.folder("crops"))[CALIBRATION]
    part = part.select(range(min(settings.export_faces, len(part))))
    size = size_of(folder)
    crops = [np.asarray(middle(photo, size)) for photo in part[PHOTO]]
    with TemporaryDirectory(dir=run.out) as scratch:
        floats, ints = Path(scratch) / "float.onnx", Path(scratch) / "int8.onnx"
        write_model_onnx(folder, floats)
        expected, labels = score_file(folder, floats, crops), true_labels(part, labels_of(str(folder)))
        for share, narrowing in KEPT:
            kept = early(floats, share, narrowing)
            quantize(floats, ints, kept)
            held = holds(expected, score_file(folder, ints, crops), labels, settings)
            if held:
                break
        print("served:", f"int8, {len(kept)} matrices in float" if held else "float")
        (ints if held else floats).replace(folder / "model.onnx")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(export, RunSettings, ExportSettings, arguments=arguments)


def export(run: RunSettings, settings: ExportSettings) -> None:
    """Export the run's model, or MTCNN."""
    if settings.mtcnn:
        write_mtcnn(Path(settings.mtcnn))
    else:
        export_model(run, settings)
