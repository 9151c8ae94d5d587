"""Model folder + held-out photos -> metrics.json and plots, through the serving code: `python -m train.evaluate`.

Protocol: (a) the largest face found in each photo, and where none is found a centre box of the training faces' median size, so
that every photo counts; (b) beside it the found alone, and misses as errors; (c) the whole picture, as the plain pipeline of
transformers would read it. All by the file that is served. `--compare FOLDER FOLDER` puts models side by side instead.
"""

import json
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
from datasets import Dataset, Image

from face_gender.crops import crop_face
from face_gender.faces import Face
from face_gender.metrics import confidence_and_right
from face_gender.photo import Photo
from face_gender.runtime.files import write_text
from face_gender.scores import OnnxScorer, load_scorer
from face_gender.settings import ModelSettings

from ..common.stages import StageError, check_made, run_stage
from ..crops.stage import FACES_FILE, read_row
from ..data import LABEL, PHOTO, TEST, class_order, load_parts
from ..settings import EvaluateSettings, RunSettings
from .compare import Answers, compare_models, write_comparison
from .corruptions import CUTS
from .figures import by_group, share_right, summarize
from .plots import write_plots, write_sheets

SCHEMA = Path(__file__).with_name("metrics.schema.json")
SCORES, WHOLE, CUT, MISSED = "scores", "whole", "cut", "missed"  # columns; the last: no face was found


@cache
def scorer(folder: str) -> OnnxScorer:
    """One model a process, and one thread: the processes share the cores."""
    check_made(Path(folder), "config.json", "model.onnx")
    try:
        found = load_scorer(ModelSettings(folder, threads=1))
    except ValueError as error:
        raise StageError(str(error)) from error
    assert isinstance(found, OnnxScorer)  # for model.onnx is there
    return found


def center_face(photo: Photo, share: float) -> Face:
    """A face nobody found -> a centre box of `share` of the photo's shorter side: for figures over every photo only."""
    half = share * min(photo.width, photo.height) / 2
    x, y = photo.width / 2, photo.height / 2
    return Face((x - half, y - half, x + half, y + half), 0.0, ())


def score_row(row: dict[str, Any], number: int, folder: str, share: float, worse: bool, order: list[int]) -> dict[str, Any]:
    """A photo's row -> scores of its face, of the whole picture and of the face in each worse circumstance (none if missed).

    Each is scored by itself, as a photo of one face is: int8 activations share one range over a batch.

    order: the model's number of each class of the data
    """
    reader = scorer(folder)
    size, margin = reader.size, reader.model.margin
    photo, faces = read_row(row, size, margin)
    face = faces[0] if faces else center_face(photo, share)
    cuts = list(CUTS.values()) if faces and worse else []
    crops = [np.asarray(cut(photo, face, size, margin, np.random.default_rng(number))) for cut in cuts]
    each = (crop_face(photo, face, size, margin), photo.pixels, *crops)
    scores = [reader.score_crops([crop])[0, order].tolist() for crop in each]
    return {SCORES: scores[0], WHOLE: scores[1], CUT: scores[2:], MISSED: not faces}


def score_test(test: Dataset, folder: Path, share: float, robustness: bool) -> Dataset:
    """Photos -> the same rows without their photos, with what score_row gives, classes in the data's order."""
    model = scorer(str(folder)).model
    names = test.features[LABEL].names
    order = class_order(names, model.labels, str(folder))
    options = {"folder": str(folder), "share": share, "worse": robustness, "order": order}
    return test.cast_column(PHOTO, Image(decode=False)).map(
        score_row,
        with_indices=True,
        fn_kwargs=options,
        num_proc=min(os.cpu_count() or 1, len(test)),
        remove_columns=[PHOTO],
        desc="scores",
        load_from_cache_file=False,
    )


def evaluate_rows(rows: Dataset, threshold: float) -> dict[str, Any]:
    """Scored rows -> every figure of them."""
    scores, labels, missed = np.array(rows[SCORES]), np.array(rows[LABEL]), np.array(rows[MISSED])
    if missed.all():
        raise StageError("No face was found in any of the test photos.")
    confidence, right = confidence_and_right(scores, labels)
    return {
        "labels": rows.features[LABEL].names,
        "threshold": threshold,
        "all": summarize(scores, labels, threshold),
        "found": summarize(scores[~missed], labels[~missed], threshold),
        "misses_as_errors": share_right(right & ~missed),
        "missed": int(missed.sum()),
        "whole_picture": summarize(np.array(rows[WHOLE]), labels, threshold),
        "groups": by_group(rows, right, confidence >= threshold, missed),
        "robustness": robustness_figures([cut for cut in rows[CUT] if cut], scores[~missed], labels[~missed]),
    }


def robustness_figures(cuts: list[list[list[float]]], scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """(found, circumstances, classes) scores, and the bare ones -> accuracy and how often the label stays, by circumstance."""
    if not cuts:
        return {}
    guesses = np.array(cuts).argmax(axis=2)
    plain = scores.argmax(axis=1)
    return {
        name: {
            **share_right(guesses[:, number] == labels),
            "bare_accuracy": float((plain == labels).mean()),
            "same_label": float((guesses[:, number] == plain).mean()),
        }
        for number, name in enumerate(CUTS)
    }


def write_metrics(run: RunSettings, settings: EvaluateSettings) -> None:
    """Evaluate and write metrics.json and plots into the model folder, contact sheets and scores beside it."""
    folder, test = run.folder("model"), load_parts(run.folder("data"))[TEST]
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
    print(f"accuracy {whole['accuracy']:.4f} on {whole['n']} faces, {whole['interval'][0]:.4f} to {whole['interval'][1]:.4f}")


def write_compared(run: RunSettings, folders: list[str]) -> None:
    """Model folders -> their table on the same photos, in the folder `comparison`."""
    test = load_parts(run.folder("data"))[TEST]
    write_comparison(compare_models({name: answer(run, test, Path(name)) for name in folders}), run.folder("comparison"))


def answer(run: RunSettings, test: Dataset, folder: Path) -> Answers:
    """A model folder -> its answers to the test photos, by protocol (a)."""
    rows = score_test(test, folder, median_share(run), False)
    return Answers(np.array(rows[SCORES]), np.array(rows[LABEL]))


def median_share(run: RunSettings) -> float:
    """A run -> the median of its training faces' boxes, over the photo's shorter side."""
    check_made(run.folder("crops"), FACES_FILE)
    share: float = json.loads((run.folder("crops") / FACES_FILE).read_text())["median_share"]
    return share


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(measure, RunSettings, EvaluateSettings, arguments=arguments)


def measure(run: RunSettings, settings: EvaluateSettings) -> None:
    """Evaluate the run's model, or compare those that were named."""
    if settings.compare:
        write_compared(run, settings.compare)
    else:
        write_metrics(run, settings)
