"""Model folder and test photos -> metrics.json and plots: `python -m train.evaluate`.

`--compare FOLDER FOLDER` compares models instead.
"""

import json
from hashlib import sha256
from pathlib import Path

import jsonschema
import numpy as np
from datasets import Dataset

from face_gender.runtime.files import write_text

from ..common.cli import run_stage
from ..common.files import check_made
from ..crops.read import FACES_FILE
from ..data import LABEL, TEST, load_splits
from ..settings import EvaluateSettings, RunSettings
from .compare import Answers, compare_models, write_comparison
from .plots import write_plots, write_sheets
from .protocol import SCORES, evaluate_rows, score_test, scorer

SCHEMA = Path(__file__).with_name("metrics.schema.json")


def write_metrics(run: RunSettings, settings: EvaluateSettings) -> None:
    """Evaluate; write metrics.json and plots into the model folder, contact sheets beside it."""
    folder, test = run.folder("model"), load_splits(run.folder("data"))[TEST]
    rows = score_test(test, folder, median_share(run), settings.robustness)
    digest = sha256((folder / "model.onnx").read_bytes()).hexdigest()
    figures = {"onnx_sha256": digest, **evaluate_rows(rows, scorer(str(folder)).model.threshold)}
    text = json.dumps(figures, indent=1) + "\n"
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text()))
    answers = Answers(np.array(rows[SCORES]), np.array(rows[LABEL]))
    write_plots(figures, answers, run.folder("checkpoints"), folder / "plots")
    write_sheets(test, answers, run.folder("evaluation"))
    write_text(folder / "metrics.json", text)
    whole = figures["all"]
    print(
        f"accuracy {whole['accuracy']:.4f} on {whole['n']} faces, "
        f"{whole['interval'][0]:.4f} to {whole['interval'][1]:.4f}"
    )


def write_compared(run: RunSettings, folders: list[str]) -> None:
    """Model folders -> their table on the same photos, in the folder `comparison`."""
    test = load_splits(run.folder("data"))[TEST]
    write_comparison(
        compare_models({name: answer(run, test, Path(name)) for name in folders}),
        run.folder("comparison"),
    )


def answer(run: RunSettings, test: Dataset, folder: Path) -> Answers:
    """A model folder -> its answers to the test photos, by protocol (a)."""
    rows = score_test(test, folder, median_share(run), False)
    return Answers(np.array(rows[SCORES]), np.array(rows[LABEL]))


def median_share(run: RunSettings) -> float:
    """A run -> the median side of its training faces' boxes, over the photo's shorter side."""
    check_made(run.folder("crops"), FACES_FILE)
    share: float = json.loads((run.folder("crops") / FACES_FILE).read_text())["median_share"]
    return share


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(measure, RunSettings, EvaluateSettings, arguments=arguments)


def measure(run: RunSettings, settings: EvaluateSettings) -> None:
    """Evaluate the run's model, or compare the named ones."""
    if settings.compare:
        write_compared(run, settings.compare)
    else:
        write_metrics(run, settings)
