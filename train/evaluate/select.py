"""Models, or means of their weights -> a table to choose from, of training faces held out: `python -m train.evaluate.select`.

By the networks themselves, calibrated, on the selection and calibration parts cut as for serving; the test has no say in it.
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

from ..common.stages import StageError, check_checkpoint, in_all_cores, run_stage
from ..crops.stage import read_row
from ..data import CALIBRATION, LABEL, PHOTO, SELECTION, class_order, load_parts
from ..fit.calibrate import fit_scale
from ..fit.teacher import margin_of
from ..models.average_weights import open_soup, stir
from ..models.build import choose_attention, labels_of
from ..settings import ChooseSettings, CropSettings, RunSettings
from .corruptions import CUTS, bare
from .figures import by_group

BATCH = 32  # faces
UNSURE = 0.1  # share of faces that would get no decision
KEPT = ("flipped", "box moved left", "box moved right", "box moved up", "box moved down")  # and the label should stay


def choose(run: RunSettings, crop: CropSettings, settings: ChooseSettings) -> None:
    """Print a row a model: accuracy, negative log-likelihood (nll), labels kept, the groups."""
    if not settings.means:
        raise StageError("Nothing to choose from: --means runs/a/model runs/a/model+runs/b/model:0.2")
    parts = load_parts(run.folder("data"))
    photos = concatenate_datasets([parts[SELECTION], parts[CALIBRATION]]).cast_column(PHOTO, Image(decode=False))
    cut: dict[float, tuple[np.ndarray, Dataset]] = {}  # by margin
    for number, mean in enumerate(settings.means):
        model, folder = open_mean(mean)
        own = margin_of(model)
        margin = crop.margin if own is None else own
        if margin not in cut:
            cut[margin] = cut_faces(photos, crop.crop_size, margin)
        crops, rows = cut[margin]
        figures = figures_of(look(model, folder, crops, rows.features[LABEL].names), rows, settings.by)
        if not number:
            print("| weights |", " | ".join(figures), "|\n" + "|---" * (len(figures) + 1) + "|")
        cells = (f"{value:.3f}" if name == "nll" else f"{value:.1f}" for name, value in figures.items())
        print(f"| {mean} |", " | ".join(cells), "|", flush=True)


def cut_faces(photos: Dataset, size: int, margin: float) -> tuple[np.ndarray, Dataset]:
    """Photos -> (n, 6, size, size, 3) crops of their largest faces, bare and as in KEPT; the rows of those n that have one."""
    cut = tqdm(in_all_cores(cut_row, (photos, size, margin), range(len(photos))), "crops", len(photos), leave=False)
    crops = {number: crop for number, crop in enumerate(cut) if crop is not None}
    if not crops:
        raise StageError("No face was found in any of the held-out photos.")
    return np.stack(list(crops.values())), photos.select(list(crops)).remove_columns(PHOTO)


def cut_row(photos: Dataset, size: int, margin: float, number: int) -> np.ndarray | None:
    """A photo -> (6, size, size, 3) crops, or none where no face is found."""
    photo, faces = read_row(photos[number], size, margin)
    cuts = (bare, *(CUTS[name] for name in KEPT))
    rng = np.random.default_rng(number)
    return np.stack([np.asarray(cut(photo, faces[0], size, margin, rng)) for cut in cuts]) if faces else None


def open_mean(mean: str) -> tuple[PreTrainedModel, str]:
    """`FOLDER+FOLDER:SHARE+...` -> the mean, whose first has the share that the others leave, and the first's folder."""
    folder, *others = mean.split("+")
    check_checkpoint(folder)
    model = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32)
    stir(model, open_soup(model, others))
    choose_attention(model)
    return model.eval(), folder


@torch.no_grad()
def look(model: PreTrainedModel, folder: str, crops: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """A network, (n, 6, size, size, 3) crops, the data's class names -> (6, n, classes) logits in their order.

    Raises StageError where it knows other classes.
    """
    classes = class_order(names, labels_of(folder), folder)
    processor: dict[str, Any] = AutoImageProcessor.from_pretrained(folder).to_dict()
    logits = []
    for start in tqdm(range(0, len(crops), BATCH), folder, leave=False):
        batch = crops[start : start + BATCH]
        with torch.autocast("cpu", torch.bfloat16):
            said = model(torch.from_numpy(to_tensor(list(batch.reshape(-1, *batch.shape[2:])), processor))).logits.float()
        logits.append(said.unflatten(0, batch.shape[:2]).transpose(0, 1))
    return torch.cat(logits, 1)[..., classes].numpy()


def figures_of(logits: np.ndarray, rows: Dataset, by: Sequence[str]) -> dict[str, float]:
    """(6, n, classes) logits in the data's order -> percent, and the negative log-likelihood in nats, by name."""
    labels = np.array(rows[LABEL])
    temperature, bias = fit_scale(logits[0], labels)
    logits = (logits + bias) / temperature
    guesses = logits.argmax(2)
    right = guesses[0] == labels
    nothing = np.zeros(len(labels), bool)
    nll = cross_entropy(torch.from_numpy(logits[0]), torch.from_numpy(labels))
    confidence = softmax(logits[0]).max(axis=1)
    sure = right[confidence >= np.quantile(confidence, UNSURE)]
    kept = {f"{name}, kept": 100 * (guesses[number] == guesses[0]).mean() for number, name in enumerate(KEPT, 1)}
    groups = by_group(rows, right, nothing, nothing)
    unknown = [name for name in by if name not in groups]
    if unknown:
        raise StageError(f"--by {' '.join(unknown)} is no column of groups; there are {', '.join(groups)}.")
    shares = {group: 100 * share["accuracy"] for name in by for group, share in groups[name].items()}
    return {"accuracy": 100 * right.mean(), "of the surest 90 %": 100 * sure.mean(), "nll": float(nll), **kept, **shares}


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(choose, RunSettings, CropSettings, ChooseSettings, arguments=arguments)


if __name__ == "__main__":
    main()
