"""A table of results -> counts and shares by column, also corrected for known confusion."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas
import pyarrow.dataset as arrow_dataset

from face_gender.hub import METRICS
from face_gender.model_folder import Model
from face_gender.report.tables import OK
from face_gender.result import Count, count_labels

EVERY = "every face"  # the one group of all
BINS = 20  # of the best score
DRAWS = 4000  # for an interval
LEAST_DETERMINANT = 0.05  # of the rates; below it, guesses say almost nothing about the truth
JEFFREYS = 0.5  # added to every count of the test: no class is without error
SINGULAR = 1e-6  # determinant of a draw that cannot be inverted

Interval = tuple[float, float]


@dataclass
class Counted:
    """A table's counts: statuses, and by column and group faces by label and by best class."""

    statuses: Counter[str] = field(default_factory=Counter)
    decided: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    best: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    confidences: np.ndarray = field(default_factory=lambda: np.zeros(BINS, int))

    @property
    def faces(self) -> int:
        """The number of faces."""
        return self.statuses[OK]


@dataclass(frozen=True)
class Corrected:
    """A class's share by the model's best guesses, and its likely true share, with intervals."""

    label: str
    guessed: Count
    share: float
    interval: Interval


def count_table(folder: Path, labels: tuple[str, ...], keep: tuple[str, ...]) -> Counted:
    """A folder of rows -> its counts; the rows are read in batches, never all at once."""
    counted = Counted()
    columns = ["status", "label", *labels, *keep]
    for batch in arrow_dataset.dataset(folder, format="parquet").to_batches(columns=columns):
        frame = batch.to_pandas()
        counted.statuses.update(frame["status"].value_counts().to_dict())
        faces = frame[frame["status"] == OK]
        if len(faces):
            _count_faces(faces, labels, keep, counted)
    return counted


def _count_faces(
    faces: pandas.DataFrame, labels: tuple[str, ...], keep: tuple[str, ...], counted: Counted
) -> None:
    scores = faces[list(labels)].to_numpy()
    counted.confidences += np.histogram(scores.max(axis=1), BINS, (0, 1))[0]
    faces = faces.assign(best=np.array(labels, object)[scores.argmax(axis=1)], **{EVERY: EVERY})
    for column in (EVERY, *keep):
        groups = faces[column].fillna("unknown")
        for counts, bears in ((counted.decided, "label"), (counted.best, "best")):
            found = counts.setdefault(column, {})
            for (group, label), n in faces.groupby([groups, bears]).size().items():
                found.setdefault(group, Counter())[label] += int(n)


def read_confusion(model: Model) -> np.ndarray | None:
    """A model -> its confusion on the test's found faces, true by row; None if not published."""
    path = model.folder / METRICS
    if not path.is_file():
        return None
    figures = json.loads(path.read_text(encoding="utf-8"))
    if set(figures.get("labels", ())) != set(model.labels) or "confusion" not in figures.get(
        "found", {}
    ):
        return None
    order = [figures["labels"].index(label) for label in model.labels]
    return np.array(figures["found"]["confusion"])[np.ix_(order, order)]


def correct_counts(
    best: Counter[str], labels: tuple[str, ...], confusion: np.ndarray
) -> list[Corrected]:
    """Best guesses of many faces, and the model's confusion -> each class's corrected share.

    For two classes this is the estimator of Rogan and Gladen (1978, Am. J. Epidemiol. 107), in
    machine learning adjusted classify and count (Forman 2008, Data Min. Knowl. Disc. 17); for more,
    it inverts the confusion matrix (Saerens et al. 2002, Neural Comput. 14). Intervals are 95 %, by
    a parametric bootstrap of the guesses and the test's confusion. Shares below 0 become 0. Empty
    if the guesses say too little about the truth. It assumes that each class is mistaken as often
    as in the test.
    """
    counts = np.array([best[label] for label in labels])
    if (
        not counts.sum()
        or not confusion.sum(axis=1).all()
        or np.linalg.det(_rates(confusion)) < LEAST_DETERMINANT
    ):
        return []
    drawn = _draw_shares(counts, confusion)
    if len(drawn) < DRAWS / 2:
        return []
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    shares = _invert(counts[None] / counts.sum(), _rates(confusion)[None])[0]
    guessed = count_labels(best.elements(), labels)
    return [
        Corrected(label, guessed[at], float(shares[at]), (float(low[at]), float(high[at])))
        for at, label in enumerate(labels)
    ]


def _draw_shares(counts: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """Counts of guesses and a confusion -> true shares in up to DRAWS draws of both."""
    rng = np.random.default_rng(0)
    guesses = rng.multinomial(counts.sum(), counts / counts.sum(), DRAWS) / counts.sum()
    rates = np.stack([rng.dirichlet(tested + JEFFREYS, DRAWS) for tested in confusion], axis=1)
    clear = np.abs(np.linalg.det(rates)) > SINGULAR
    return _invert(guesses[clear], rates[clear])


def _rates(confusion: np.ndarray) -> np.ndarray:
    """Counts, true by row -> rates; each row sums to 1."""
    return confusion / confusion.sum(axis=1, keepdims=True)


def _invert(guesses: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """(n, classes) guessed shares, (n, classes, classes) rates -> (n, classes) true shares."""
    shares = np.linalg.solve(rates.transpose(0, 2, 1), guesses[:, :, None])[:, :, 0].clip(0)
    return shares / shares.sum(axis=1, keepdims=True)
