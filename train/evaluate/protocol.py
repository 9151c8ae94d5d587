"""Photos -> scores by the file that is served -> figures, by one protocol.

(a) The largest face found in each photo. Where none is found: a box in the photo's centre, of the
training faces' median size, so that every photo counts. (b) Found faces alone, and misses as
errors. (c) The whole picture, as the plain transformers pipeline would read it.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, Features, Image, List, Value

from face_gender.crops import crop_face
from face_gender.faces import Face
from face_gender.metrics import confidence_and_right
from face_gender.photo import Photo
from face_gender.scores import Scorer, load_scorer
from face_gender.settings import ModelSettings

from ..common.errors import StageError
from ..crops.read import read_row, share_of
from ..data import LABEL, PHOTO, class_order
from .corruptions import CUTS
from .figures import by_group, share_right, summarize

SCORES, WHOLE, CUT, MISSED, FACE_SHARE = SCORED = (
    "scores",
    "whole",
    "cut",
    "missed",
    "found_share",
)  # columns; the last two: no face was found, and its box's side over the photo's shorter side


@cache
def scorer(folder: str) -> Scorer:
    """One model for each process, with one thread: the processes share the cores."""
    try:
        return load_scorer(ModelSettings(folder, threads=1))
    except ValueError as error:
        raise StageError(str(error)) from error


def center_face(photo: Photo, share: float) -> Face:
    """A photo without a found face -> a centre box, `share` of its shorter side wide.

    Only figures over every photo use it; serving never does.
    """
    half = share * min(photo.width, photo.height) / 2
    x, y = photo.width / 2, photo.height / 2
    return Face((x - half, y - half, x + half, y + half), 0.0, ())


def score_row(
    row: dict[str, Any], number: int, folder: str, share: float, worse: bool, order: list[int]
) -> dict[str, Any]:
    """A photo's row -> scores of its face, of the whole picture, and of each corrupted crop.

    Each is scored alone, like a photo of one face: int8 activations share a range over a batch.

    worse: whether found faces are also scored corrupted
    order: the model's number of each class of the data
    """
    reader = scorer(folder)
    size, margin = reader.size, reader.model.margin
    photo, faces = read_row(row, size, margin)
    face = faces[0] if faces else center_face(photo, share)
    cuts = list(CUTS.values()) if faces and worse else []
    crops = [
        np.asarray(cut(photo, face, size, margin, np.random.default_rng(number))) for cut in cuts
    ]
    each = (crop_face(photo, face, size, margin), photo.pixels, *crops)
    scores = [reader.score_crops([crop])[0, order].tolist() for crop in each]
    scored = {SCORES: scores[0], WHOLE: scores[1], CUT: scores[2:], MISSED: not faces}
    return scored | {FACE_SHARE: share_of(photo, face) if faces else None}


def score_test(test: Dataset, folder: Path, share: float, robustness: bool) -> Dataset:
    """Photos -> their rows without photos, with what `score_row` returns, in the data's order."""
    model = scorer(str(folder)).model
    names = test.features[LABEL].names
    order = class_order(names, model.labels, str(folder))
    options = {"folder": str(folder), "share": share, "worse": robustness, "order": order}
    return test.cast_column(PHOTO, Image(decode=False)).map(
        score_row,
        with_indices=True,
        fn_kwargs=options,
        num_proc=min(os.cpu_count() or 1, len(test)),
        features=scored_features(test),
        remove_columns=[PHOTO],
        desc="scores",
        load_from_cache_file=False,
    )


def scored_features(test: Dataset) -> Features:
    """Photos -> the columns of their scored rows: every process must give the same kinds."""
    kinds = {
        SCORES: List(Value("float64")),
        WHOLE: List(Value("float64")),
        CUT: List(List(Value("float64"))),
        MISSED: Value("bool"),
        FACE_SHARE: Value("float64"),
    }
    kept = {name: kind for name, kind in test.features.items() if name != PHOTO}
    return Features({**kept, **kinds})


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
        "robustness": robustness_figures(
            [cut for cut in rows[CUT] if cut], scores[~missed], labels[~missed]
        ),
    }


def robustness_figures(
    cuts: list[list[list[float]]], scores: np.ndarray, labels: np.ndarray
) -> dict[str, Any]:
    """(found, corruptions, classes) scores, and the plain ones -> figures by corruption."""
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
