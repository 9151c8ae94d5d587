"""Photos in class folders and what was read of them -> how often the model is right on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from .decision import best_of
from .fingerprints import SeenPhotos
from .metrics import (
    Bin,
    ClassFigures,
    calibration_error,
    class_figures,
    confidence_and_right,
    confusion,
    reliability,
    risk_coverage,
    thin_curve,
    wilson,
)
from .photo import PhotoError
from .result import Outcome, Result, ScoredFace

MISTAKES_KEPT = 24  # with their crops; of the other faces only the scores are kept


@dataclass(frozen=True, eq=False)
class LabelledFace:
    """The largest face of a photo, and the class its folder says it is of."""

    photo: str
    truth: str
    face: ScoredFace


@dataclass(frozen=True)
class Answer:
    """A photo, the class its largest face is of, and the model's scores."""

    photo: str
    truth: str
    scores: dict[str, float]


@dataclass(frozen=True, eq=False)
class Answers:
    """What was read of labelled photos.

    unread, no_face, twice: photos that count in no figure; the last are near duplicates of others
        in their folder
    mistakes: misclassified faces, the most confident first, at most MISTAKES_KEPT
    """

    found: tuple[Answer, ...]
    unread: int
    no_face: int
    twice: int
    mistakes: tuple[LabelledFace, ...]


@dataclass(frozen=True, eq=False)
class Check:
    """How the model did; shares in 0..1.

    unread, no_face, twice: photos that count in no figure
    coverage, covered: it decides on `coverage` of the faces and is right on `covered` of those
    mistakes: misclassified faces, the most confident first, at most MISTAKES_KEPT
    """

    n: int
    unread: int
    no_face: int
    twice: int
    accuracy: float
    interval: tuple[float, float]
    classes: dict[str, ClassFigures]
    confusion: list[list[int]]
    ece: float
    reliability: list[Bin]
    curve: list[tuple[float, float]]
    coverage: float
    covered: float
    mistakes: list[LabelledFace]


def truth_of(name: str, labels: Sequence[str]) -> str:
    """A photo's name in a zip -> the class its folder is named for, in any case and spacing.

    Raises PhotoError where the folder bears none of them.
    """
    folder = PurePosixPath(name.replace("\\", "/")).parent.name.strip().casefold()
    for label in labels:
        if folder == label.casefold():
            return label
    wanted = " or ".join(f"“{label}”" for label in labels)
    raise PhotoError(f"Each photo should lie in a folder called {wanted}; “{name}” does not.")


def read_answers(outcomes: Iterable[tuple[str, Outcome]], labels: Sequence[str]) -> Answers:
    """Named outcomes, one at a time -> what counts of them.

    Raises PhotoError where a photo is in no class folder.
    """
    found: list[Answer] = []
    mistakes: list[LabelledFace] = []
    unread = no_face = twice = 0
    seen = {label: SeenPhotos() for label in labels}
    for name, outcome in outcomes:
        truth = truth_of(name, labels)
        if not isinstance(outcome, Result):
            unread += 1
        elif not outcome.faces:
            no_face += 1
        elif seen[truth].original_of(name, outcome.photo.pixels):
            twice += 1
        else:
            face = outcome.faces[0]
            found.append(Answer(name, truth, face.scores))
            mistakes = _keep_most_confident(mistakes, LabelledFace(name, truth, face))
    return Answers(tuple(found), unread, no_face, twice, tuple(mistakes))


def correct_answers(answers: Answers, truths: Mapping[str, str], labels: Sequence[str]) -> Answers:
    """Answers, and a person's class for some photos -> answers of these classes.

    A photo for which the person names no class of the model's counts no more.
    """
    found = (replace(each, truth=truths.get(each.photo, each.truth)) for each in answers.found)
    kept = tuple(each for each in found if each.truth in labels)
    true = {each.photo: each.truth for each in kept}
    mistakes = tuple(
        replace(each, truth=true[each.photo])
        for each in answers.mistakes
        if each.photo in true and best_of(each.face.scores) != true[each.photo]
    )
    return replace(answers, found=kept, mistakes=mistakes)


def _keep_most_confident(mistakes: list[LabelledFace], checked: LabelledFace) -> list[LabelledFace]:
    """Mistakes and one more face -> the most confident mistakes."""
    if best_of(checked.face.scores) == checked.truth:
        return mistakes
    return sorted([*mistakes, checked], key=lambda each: -max(each.face.scores.values()))[
        :MISTAKES_KEPT
    ]


def check_answers(answers: Answers, labels: Sequence[str], threshold: float) -> Check:
    """Answers -> the figures. Raises PhotoError where there are none."""
    found = answers.found
    if not found:
        raise PhotoError("There is no face in these photos to check on.")
    scores = np.array([[each.scores[label] for label in labels] for each in found])
    truths = np.array([labels.index(each.truth) for each in found])
    confidence, right = confidence_and_right(scores, truths)
    counts = confusion(truths, scores.argmax(axis=1), len(labels))
    decided = confidence >= threshold
    bins = min(15, max(1, len(found) // 10))  # with a face a bin, none would look calibrated
    return Check(
        n=len(found),
        unread=answers.unread,
        no_face=answers.no_face,
        twice=answers.twice,
        accuracy=float(right.mean()),
        interval=wilson(int(right.sum()), len(found)),
        classes=dict(zip(labels, class_figures(counts), strict=True)),
        confusion=counts.tolist(),
        ece=calibration_error(confidence, right, bins),
        reliability=reliability(confidence, right, bins),
        curve=thin_curve(risk_coverage(confidence, right)),
        coverage=float(decided.mean()),
        covered=float(right[decided].mean()) if decided.any() else 0.0,
        mistakes=list(answers.mistakes),
    )
