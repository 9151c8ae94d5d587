"""Model folder -> ONNX beside it: `python -m train.export`; MTCNN's three networks -> ONNX: `... --mtcnn FOLDER`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..common.stages import check_made, run_stage
from ..data import CALIBRATION, PHOTO, load_parts
from ..fit.augment import middle
from ..models.build import labels_of
from ..settings import ExportSettings, RunSettings
from .mtcnn import write_mtcnn
from .quantize import KEPT, early, holds, quantize, score_file, true_labels
from .to_onnx import size_of, write_model_onnx


def export_model(run: RunSettings, settings: ExportSettings) -> None:
    """Write model.onnx into the model folder: int8, perhaps but for some early matrices, where it holds; else float."""
    folder = run.folder("model")
    part = load_parts(run.folder("crops"))[CALIBRATION]
    check_made(folder, "config.json", "preprocessor_config.json", "model.safetensors")
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
