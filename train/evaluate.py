"""Model folder + held-out photos -> metrics.json, whole and by group, through the serving code: `python -m train.evaluate`."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from datasets import ClassLabel, Dataset, Image
from sklearn.metrics import confusion_matrix

from space.face_gender.crops import crop_face
from space.face_gender.faces import Face
from space.face_gender.measure import confidence_and_right, reliability, risk_coverage, thin_curve, wilson
from space.face_gender.photo import Photo, open_photo
from space.face_gender.scores import OnnxScorer, load_scorer
from space.face_gender.settings import ModelSettings
from space.face_gender.tables import write_text

from .crops import FACES_FILE, finder
from .data import LABEL, PHOTO, TEST, load_parts
from .metrics import Accuracy, CalibrationError, PerClass, RiskCoverage
from .settings import EvaluateSettings, RunSettings, parse

MISSED = "missed"  # column: no face was found


@cache
def scorer(folder: str) -> OnnxScorer:
    """One model a process."""
    found = load_scorer(ModelSettings(folder))
    if not isinstance(found, OnnxScorer):
        raise ValueError(f"{folder} holds no model.onnx: run the export first.")
    return found


def center_face(photo: Photo, share: float) -> Face:
    """A face nobody found -> a centre box of `share` of the photo's shorter side: for figures over every photo only."""
    half = share * min(photo.width, photo.height) / 2
    x, y = photo.width / 2, photo.height / 2
    return Face((x - half, y - half, x + half, y + half), 0.0, ())


def score_row(row: dict[str, Any], folder: str, share: float) -> dict[str, Any]:
    """A photo's row -> `scores` of its largest face, and whether it was `missed`."""
    photo = open_photo(row[PHOTO]["bytes"])
    faces = finder().find_faces(photo)
    face = faces[0] if faces else center_face(photo, share)
    reader = scorer(folder)
    crop = crop_face(photo, face, reader.size, reader.model.margin)
    return {"scores": reader.score_crops([crop])[0].tolist(), MISSED: not faces}


def score_test(test: Dataset, folder: Path, share: float) -> Dataset:
    """Photos -> the same rows without their photos, with `scores` and `missed`."""
    photos = test.cast_column(PHOTO, Image(decode=False))
    options = {"folder": str(folder), "share": share}
    return photos.map(
        score_row, fn_kwargs=options, num_proc=os.cpu_count(), remove_columns=[PHOTO], desc="scores", load_from_cache_file=False
    )


def summarize(scores: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, Any]:
    """(n, classes) scores and n labels -> every figure of them, with n and the 95 % interval of the accuracy."""
    guesses = scores.argmax(axis=1)
    confidence, right = confidence_and_right(scores, labels)
    covered = confidence >= threshold
    return {
        **share_right(right),
        **PerClass().compute(predictions=guesses, references=labels),
        **CalibrationError().compute(predictions=scores, references=labels),
        **RiskCoverage().compute(predictions=scores, references=labels),
        "confusion": confusion_matrix(labels, guesses, labels=range(scores.shape[1])).tolist(),
        "coverage": float(covered.mean()),
        "covered": share_right(right[covered]),
        "reliability": [asdict(each) for each in reliability(confidence, right)],
        "risk_coverage": thin_curve(risk_coverage(confidence, right)),
    }


def share_right(right: np.ndarray) -> dict[str, Any]:
    """N times right or wrong -> accuracy, n and the 95 % interval."""
    if not len(right):
        return {"accuracy": None, "n": 0, "interval": [0.0, 1.0]}
    figure = Accuracy().compute(predictions=right.astype(int), references=np.ones(len(right), int))
    return {**figure, "n": len(right), "interval": list(wilson(int(right.sum()), len(right)))}


def by_group(rows: Dataset, right: np.ndarray, covered: np.ndarray, columns: Iterable[str]) -> dict[str, dict[str, Any]]:
    """A column or `a x b` of two -> its groups -> accuracy, n, interval and coverage."""
    groups: dict[str, dict[str, Any]] = {}
    for name in columns:
        values = [_names(rows, column) for column in name.split(" x ")]
        keys = np.array([" ".join(parts) for parts in zip(*values, strict=True)])
        groups[name] = {
            key: {**share_right(right[keys == key]), "coverage": float(covered[keys == key].mean())}
            for key in sorted(set(keys))
        }
    return groups


def evaluate_model(test: Dataset, folder: Path, share: float, columns: list[str]) -> dict[str, Any]:
    """The held-out photos and a model folder -> everything metrics.json holds."""
    rows = score_test(test, folder, share)
    model = scorer(str(folder)).model
    scores, labels, missed = np.array(rows["scores"]), np.array(rows[LABEL]), np.array(rows[MISSED])
    names = test.features[LABEL].names
    scores = scores[:, [model.labels.index(name) for name in names]]
    confidence, right = confidence_and_right(scores, labels)
    return {
        "onnx_sha256": sha256((folder / "model.onnx").read_bytes()).hexdigest(),
        "labels": names,
        "threshold": model.threshold,
        "all": summarize(scores, labels, model.threshold),
        "found": summarize(scores[~missed], labels[~missed], model.threshold),
        "misses_as_errors": share_right(right & ~missed),
        "missed": int(missed.sum()),
        "groups": by_group(rows, right, confidence >= model.threshold, columns),
    }


def _names(rows: Dataset, column: str) -> list[str]:
    feature, values = rows.features[column], rows[column]
    return [feature.names[value] if isinstance(feature, ClassLabel) else str(value) for value in values]


def write_metrics(run: RunSettings, settings: EvaluateSettings) -> None:
    """Evaluate and write metrics.json into the model folder."""
    share = json.loads((run.folder("crops") / FACES_FILE).read_text())["median_share"]
    folder = run.folder("model")
    figures = evaluate_model(load_parts(run.folder("data"))[TEST], folder, share, settings.groups.split(","))
    write_text(folder / "metrics.json", json.dumps(figures, indent=1) + "\n")
    whole = figures["all"]
    print(f"accuracy {whole['accuracy']:.4f} on {whole['n']} faces, {whole['interval'][0]:.4f} to {whole['interval'][1]:.4f}")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    write_metrics(*parse(RunSettings, EvaluateSettings, arguments=arguments))


if __name__ == "__main__":
    main()
