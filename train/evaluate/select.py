"""Models, or averages of their weights -> a table: `python -m train.evaluate.select`.

The networks themselves are measured, calibrated, on the selection and calibration splits, cut as in
serving. The test is not used.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset, Image, concatenate_datasets
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import AutoImageProcessor, AutoModelForImageClassification, PreTrainedModel

from face_gender.scores import softmax, to_tensor

from ..common.cli import run_stage
from ..common.errors import StageError
from ..common.files import check_checkpoint
from ..data import CALIBRATION, LABEL, PHOTO, SELECTION, class_order, load_splits
from ..fit.calibrate import fit_scale
from ..fit.teacher import margin_of
from ..models.average_weights import average_weights, open_others
from ..models.labels import labels_of
from ..models.surgery import choose_attention
from ..settings import CropSettings, RunSettings, SelectSettings
from .cuts import STABLE, cut_faces
from .figures import by_group

BATCH = 32  # faces
COVERAGE = 0.9  # share of faces that get a decision


def select(run: RunSettings, crop: CropSettings, settings: SelectSettings) -> None:
    """Print a row for each candidate: accuracy, NLL, label stability, groups. Raises StageError."""
    if not settings.candidates:
        raise StageError("Name models to select from: --candidates runs/a/model runs/b/model")
    photos = held_out_photos(run)
    cut: dict[float, tuple[np.ndarray, Dataset]] = {}  # by margin
    for number, candidate in enumerate(settings.candidates):
        model, folder = open_candidate(candidate)
        own = margin_of(model)
        margin = crop.margin_used if own is None else own
        if margin not in cut:
            cut[margin] = cut_faces(photos, crop.crop_size, margin)
        crops, rows = cut[margin]
        logits = predict(model, folder, crops, rows.features[LABEL].names)
        figures = figures_of(logits, rows, settings.by)
        if not number:
            print("| weights |", " | ".join(figures), "|\n" + "|---" * (len(figures) + 1) + "|")
        cells = (
            f"{each:.3f}" if name == "nll" else f"{each:.1f}" for name, each in figures.items()
        )
        print(f"| {candidate} |", " | ".join(cells), "|", flush=True)


def held_out_photos(run: RunSettings) -> Dataset:
    """A run -> its selection and calibration photos, as files' bytes."""
    splits = load_splits(run.folder("data"))
    photos = concatenate_datasets([splits[SELECTION], splits[CALIBRATION]])
    return photos.cast_column(PHOTO, Image(decode=False))


def open_candidate(candidate: str) -> tuple[PreTrainedModel, str]:
    """`FOLDER+FOLDER:SHARE+...` -> the averaged model, and the first folder.

    The first folder has the share that the others leave.
    """
    folder, *others = candidate.split("+")
    check_checkpoint(folder)
    model = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32)
    average_weights(model, open_others(model, others))
    choose_attention(model)
    return model.eval(), folder


@torch.no_grad()
def predict(
    model: PreTrainedModel, folder: str, crops: np.ndarray, names: Sequence[str]
) -> np.ndarray:
    """(n, 6, size, size, 3) crops, the data's class names -> (6, n, classes) logits in that order.

    Raises StageError if the model has other classes.
    """
    classes = class_order(names, labels_of(folder), folder)
    processor: dict[str, Any] = AutoImageProcessor.from_pretrained(folder).to_dict()
    logits = []
    for start in tqdm(range(0, len(crops), BATCH), folder, leave=False):
        batch = crops[start : start + BATCH]
        pixels = to_tensor(list(batch.reshape(-1, *batch.shape[2:])), processor)
        with torch.autocast("cpu", torch.bfloat16):
            found = model(torch.from_numpy(pixels)).logits.float()
        logits.append(found.unflatten(0, batch.shape[:2]).transpose(0, 1))
    return torch.cat(logits, 1)[..., classes].numpy()


def figures_of(logits: np.ndarray, rows: Dataset, by: Sequence[str]) -> dict[str, float]:
    """(6, n, classes) logits in the data's order -> figures in percent; NLL in nats.

    Raises StageError if `by` names no column of groups.
    """
    labels = np.array(rows[LABEL])
    temperature, bias = fit_scale(logits[0], labels)
    logits = (logits + bias) / temperature
    guesses, confidence = logits.argmax(2), softmax(logits[0]).max(axis=1)
    right = guesses[0] == labels
    covered = right[confidence >= np.quantile(confidence, 1 - COVERAGE)]
    stability = {
        f"{name}, label stability": 100 * (guesses[number] == guesses[0]).mean()
        for number, name in enumerate(STABLE, 1)
    }
    return {
        "accuracy": 100 * right.mean(),
        "accuracy at 90 % coverage": 100 * covered.mean(),
        "nll": float(cross_entropy(torch.from_numpy(logits[0]), torch.from_numpy(labels))),
        **stability,
        **group_accuracies(rows, right, by),
    }


def group_accuracies(rows: Dataset, right: np.ndarray, by: Sequence[str]) -> dict[str, float]:
    """Rows, and whether each is right -> accuracy by group, in percent. Raises StageError."""
    nothing = np.zeros(len(right), bool)
    groups = by_group(rows, right, nothing, nothing)
    unknown = [name for name in by if name not in groups]
    if unknown:
        names = ", ".join(groups)
        raise StageError(f"--by {' '.join(unknown)} is no column of groups; there are {names}.")
    return {group: 100 * found["accuracy"] for name in by for group, found in groups[name].items()}


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(select, RunSettings, CropSettings, SelectSettings, arguments=arguments)


if __name__ == "__main__":
    main()
