"""Models, or means of their weights -> a table to choose from, of training faces held out: `python -m train.choose`.

By the networks themselves, on the stored crops of the selection and calibration parts; the test has no say in it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import AutoImageProcessor, AutoModelForImageClassification, PreTrainedModel

from .calibrate import fit_temperature
from .crops import load_crops
from .data import CALIBRATION, LABEL, PHOTO, SELECTION
from .faceset import FaceSet
from .figures import by_group
from .network import choose_attention, labels_of
from .settings import ChooseSettings, CropSettings, RunSettings
from .soft import Views
from .soup import open_soup, stir
from .stages import StageError, run_stage
from .teacher import margin_of

BATCH = 32  # faces
MOVES = ("left", "right", "up", "down", "mirrored")


def choose(run: RunSettings, crop: CropSettings, settings: ChooseSettings) -> None:
    """Print a row a model: accuracy, negative log-likelihood at its best temperature, labels kept, the groups."""
    if not settings.means:
        raise StageError("Nothing to choose from: --means runs/a/model runs/a/model+runs/b/model:0.2")
    parts = load_crops(run, crop)
    rows = concatenate_datasets([parts[SELECTION], parts[CALIBRATION]])
    for number, mean in enumerate(settings.means):
        figures = figures_of(look(*open_mean(mean), rows, crop), rows, settings.by)
        if not number:
            print("| weights |", " | ".join(figures), "|\n" + "|---" * (len(figures) + 1) + "|")
        cells = (f"{value:.3f}" if name == "nll" else f"{value:.1f}" for name, value in figures.items())
        print(f"| {mean} |", " | ".join(cells), "|", flush=True)


def open_mean(mean: str) -> tuple[PreTrainedModel, str]:
    """`FOLDER+FOLDER:SHARE+...` -> the mean, whose first has the share that the others leave, and the first's folder."""
    folder, *others = mean.split("+")
    model = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32)
    stir(model, open_soup(model, others))
    choose_attention(model)
    return model.eval(), folder


@torch.no_grad()
def look(model: PreTrainedModel, folder: str, rows: Dataset, crop: CropSettings) -> np.ndarray:
    """A network, n held-out faces -> (6, n, classes) logits: of the box found, moved each way, and of the mirror image."""
    classes = [labels_of(folder).index(name) for name in rows.features[LABEL].names]
    faces = FaceSet(rows, AutoImageProcessor.from_pretrained(folder).to_dict(), crop.crop_size, classes)
    faces.margin = crop.margin
    views = Views(faces, list(range(len(rows))), margin_of(model))
    logits = []
    for batch in tqdm(DataLoader(views, batch_size=BATCH, num_workers=1), folder, leave=False):
        looks = torch.cat([batch, batch[:, :1].flip(-1)], 1)
        with torch.autocast("cpu", torch.bfloat16):
            said = model(looks.flatten(0, 1)).logits.float()
        logits.append(said.unflatten(0, looks.shape[:2]).transpose(0, 1))
    return torch.cat(logits, 1)[..., classes].numpy()


def figures_of(logits: np.ndarray, rows: Dataset, by: Sequence[str]) -> dict[str, float]:
    """(6, n, classes) logits in the data's order -> percent, and the negative log-likelihood in nats, by name."""
    labels, guesses = np.array(rows[LABEL]), logits.argmax(2)
    right = guesses[0] == labels
    nothing = np.zeros(len(labels), bool)
    nll = cross_entropy(torch.from_numpy(logits[0] / fit_temperature(logits[0], labels)), torch.from_numpy(labels))
    kept = {f"kept {name}": 100 * (guesses[number] == guesses[0]).mean() for number, name in enumerate(MOVES, 1)}
    groups = by_group(rows.remove_columns(PHOTO), right, nothing, nothing)
    unknown = [name for name in by if name not in groups]
    if unknown:
        raise StageError(f"--by {' '.join(unknown)} is no column of groups; there are {', '.join(groups)}.")
    shares = {group: 100 * share["accuracy"] for name in by for group, share in groups[name].items()}
    return {"accuracy": 100 * right.mean(), "nll": float(nll), **kept, **shares}


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(choose, RunSettings, CropSettings, ChooseSettings, arguments=arguments)


if __name__ == "__main__":
    main()
