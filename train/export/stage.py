"""Model folder -> its model.onnx: `python -m train.export`; with `--mtcnn FOLDER` MTCNN's."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..common.cli import run_stage
from ..common.files import check_made
from ..common.run_recipe import keep_recipe
from ..data import CALIBRATION, PHOTO, load_splits
from ..fit.augment import middle
from ..models.labels import labels_of
from ..settings import ExportSettings, RunSettings
from .mtcnn import write_mtcnn
from .quantize import KEPT, early, holds, quantize, score_file, true_labels
from .to_onnx import size_of, write_model_onnx


def export_model(run: RunSettings, settings: ExportSettings) -> None:
    """Write model.onnx: int8 if it holds, perhaps with early matrices in float; else float."""
    folder = run.folder("model")
    split = load_splits(run.folder("crops"))[CALIBRATION]
    check_made(folder, "config.json", "preprocessor_config.json", "model.safetensors")
    split = split.select(range(min(settings.export_faces, len(split))))
    size = size_of(folder)
    crops = [np.asarray(middle(photo, size)) for photo in split[PHOTO]]
    with TemporaryDirectory(dir=run.out) as scratch:
        floats, ints = Path(scratch) / "float.onnx", Path(scratch) / "int8.onnx"
        write_model_onnx(folder, floats)
        expected, labels = (
            score_file(folder, floats, crops),
            true_labels(split, labels_of(str(folder))),
        )
        for share, narrowing in KEPT:
            kept = early(floats, share, narrowing)
            quantize(floats, ints, kept)
            held = holds(expected, score_file(folder, ints, crops), labels, settings)
            if held:
                break
        print("served:", f"int8, {len(kept)} matrices in float" if held else "float")
        (ints if held else floats).replace(folder / "model.onnx")
    keep_recipe(run, settings)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(export, RunSettings, ExportSettings, arguments=arguments)


def export(run: RunSettings, settings: ExportSettings) -> None:
    """Export the run's model, or MTCNN."""
    if settings.mtcnn:
        write_mtcnn(Path(settings.mtcnn))
    else:
        export_model(run, settings)
