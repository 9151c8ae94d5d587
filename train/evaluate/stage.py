"""Model folder and test photos -> metrics.json, plots, errors: `python -m train.evaluate`.

`--compare FOLDER FOLDER` compares models instead; `--model NAME --data DATA` evaluates any model
on all photos of any source.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
from datasets import Dataset

from face_gender.report.rendering import how_many
from face_gender.runtime.files import write_text

from ..common.cli import run_stage
from ..common.errors import StageError
from ..common.files import check_made
from ..common.run_recipe import keep_recipe
from ..crops.read import FACES_FILE
from ..data import HOLDOUT, LABEL, TEST, load_splits
from ..settings import DataSettings, EvaluateSettings, RunSettings
from .any_model import all_photos, open_folder, score_photos
from .compare import Answers, compare_models, write_comparison
from .errors import PAGE, PREDICTIONS, write_errors
from .findings import find, read_baselines, sentences
from .looks import note_look
from .plots import training_history, write_plots
from .protocol import SCORES, evaluate_rows, score_test, scorer

SCHEMA = Path(__file__).with_name("metrics.schema.json")


def write_metrics(run: RunSettings, settings: EvaluateSettings) -> None:
    """Evaluate; metrics.json and plots go into the model folder, what shows people beside it.

    A holdout's figures stay in metrics.json if they are of the same ONNX file.
    """
    folder, test = run.folder("model"), load_splits(run.folder("data"))[TEST]
    check_served(folder)
    rows = score_test(test, folder, median_share(run), settings.robustness)
    figures = figures_of(rows, folder)
    before = read_metrics(folder)
    if before.get(HOLDOUT) and before["onnx_sha256"] == figures["onnx_sha256"]:
        figures[HOLDOUT] = before[HOLDOUT]
    figures["findings"] = find(figures, read_baselines(comparison(run), figures["onnx_sha256"]))
    write_plots(
        figures, to_answers(rows), folder / "plots", training_history(run.folder("checkpoints"))
    )
    write_errors(test, rows, figures, run.folder("evaluation"))
    save_metrics(figures, folder)
    note_look(run, TEST, figures["onnx_sha256"])
    keep_recipe(run, settings)
    say_accuracy(figures["all"])
    say_findings(figures)


def comparison(run: RunSettings) -> Path:
    """A run -> the file in which the baselines stand beside its model."""
    return run.folder("baselines") / "comparison.json"


def note_baselines(run: RunSettings) -> None:
    """Add to metrics.json which baselines beat the model, if it is of the compared model.onnx."""
    folder = run.folder("model")
    figures, digest = read_metrics(folder), digest_of(folder)
    if figures.get("onnx_sha256") == digest:
        figures["findings"] = find(figures, read_baselines(comparison(run), digest))
        save_metrics(figures, folder)
        say_findings(figures)


def say_findings(figures: dict[str, Any]) -> None:
    """The figures -> what speaks against the model, on the screen."""
    for sentence in sentences(figures):
        print(sentence)


def write_any(run: RunSettings, data: DataSettings, settings: EvaluateSettings) -> None:
    """Evaluate any model on all photos of any source; everything goes into `evaluation`."""
    folder, photos = open_folder(settings.model), all_photos(run, data)
    photos, rows = score_photos(photos, folder, settings.robustness)
    figures, to = figures_of(rows, folder), run.folder("evaluation")
    figures["findings"] = find(figures, [])
    write_errors(photos, rows, figures, to)
    write_plots(figures, to_answers(rows), to / "plots")
    save_metrics(figures, to)
    say_accuracy(figures["all"])
    say_findings(figures)
    print(f"{to}: metrics.json, plots, {PREDICTIONS}, contact sheets, {PAGE}")


def figures_of(rows: Dataset, folder: Path) -> dict[str, Any]:
    """Scored rows and the model's folder -> every figure, with the hash of what was measured."""
    return digests(folder) | evaluate_rows(rows, scorer(str(folder)).model.threshold)


def to_answers(rows: Dataset) -> Answers:
    """Scored rows -> scores and labels."""
    return Answers(np.array(rows[SCORES]), np.array(rows[LABEL]))


def write_holdout(run: RunSettings) -> None:
    """Evaluate the holdout; add its figures to metrics.json. Raises StageError without either."""
    folder, splits = run.folder("model"), load_splits(run.folder("data"))
    if HOLDOUT not in splits:
        raise StageError(
            "The data has no holdout: run `python -m train.data` with --holdout 0.05, "
            "before training."
        )
    figures = read_metrics(folder)
    check_served(folder)
    if figures.get("onnx_sha256") != digest_of(folder):
        raise StageError(
            f"{folder} has no figures of its model.onnx: measure the test first, without --split."
        )
    rows = score_test(splits[HOLDOUT], folder, median_share(run), False)
    found = evaluate_rows(rows, figures["threshold"])
    kept = ("all", "found", "misses_as_errors", "missed", "groups")
    save_metrics(figures | {HOLDOUT: {name: found[name] for name in kept}}, folder)
    note_look(run, HOLDOUT, figures["onnx_sha256"])
    say_accuracy(found["all"])


def check_served(folder: Path) -> None:
    """Raises StageError if a run's model folder lacks what is served."""
    check_made(folder, "config.json", "model.onnx")


def digest_of(folder: Path) -> str:
    """A model folder -> the SHA-256 of the file that is served."""
    return sha256((folder / "model.onnx").read_bytes()).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """A model folder -> the SHA-256 of the file that is served, or of weights without one."""
    if onnx := scorer(str(folder)).model.onnx:
        return {"onnx_sha256": sha256(onnx.read_bytes()).hexdigest()}
    weights = b"".join(path.read_bytes() for path in sorted(folder.glob("*.safetensors")))
    return {"weights_sha256": sha256(weights).hexdigest()}


def read_metrics(folder: Path) -> dict[str, Any]:
    """A model folder -> its figures; empty where it has none."""
    path = folder / "metrics.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def save_metrics(figures: dict[str, Any], folder: Path) -> None:
    """Figures -> metrics.json, as its schema has them."""
    text = json.dumps(figures, indent=1) + "\n"
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text()))
    write_text(folder / "metrics.json", text)


def say_accuracy(whole: dict[str, Any]) -> None:
    """The figures of every photo -> a line on the screen."""
    print(
        f"accuracy {whole['accuracy']:.4f} on {how_many(whole['n'])}, "
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
    check_served(folder)
    rows = score_test(test, folder, median_share(run), False)
    note_look(run, TEST, digest_of(folder))
    return to_answers(rows)


def median_share(run: RunSettings) -> float:
    """A run -> the median side of its training faces' boxes, over the photo's shorter side."""
    check_made(run.folder("crops"), FACES_FILE)
    share: float = json.loads((run.folder("crops") / FACES_FILE).read_text())["median_share"]
    return share


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(measure, RunSettings, EvaluateSettings, DataSettings, arguments=arguments)


def measure(
    run: RunSettings, settings: EvaluateSettings, data: DataSettings = DataSettings()
) -> None:
    """Evaluate the run's model on the test or the holdout, compare models, or evaluate any."""
    if settings.compare:
        write_compared(run, settings.compare)
    elif settings.model:
        write_any(run, data, settings)
    elif settings.split == HOLDOUT:
        write_holdout(run)
    else:
        write_metrics(run, settings)
