"""A table of results -> counts by column."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas
import pyarrow.dataset as arrow_dataset

from face_gender.report.tables import OK

EVERY = "every face"  # the one group of all
BINS = 20  # of the best score


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
