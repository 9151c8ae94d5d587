"""Rows of many photos, one photo at a time -> what they come to, all in all and by group."""

from collections import Counter
from collections.abc import Sequence

from ..columns import COPY
from ..decision import best_of
from ..model_folder import UNCERTAIN
from .rendering import how_many
from .tables import NO_FACE, OK, Row


class Totals:
    """Counts of photos and faces.

    best: faces by the class of the best score; groups: the same by group, where groups are given
    """

    def __init__(self, labels: Sequence[str]) -> None:
        """labels: the model's classes. Nothing is counted yet."""
        self._labels = labels
        self.photos = self.no_face = self.failed = 0
        self.decided: Counter[str] = Counter()
        self.best: Counter[str] = Counter()
        self.groups: dict[str, Counter[str]] = {}

    def add(self, rows: Sequence[Row], group: str | None = None) -> None:
        """Count one photo by its rows; the faces of a copy of another are not counted again."""
        status = rows[0]["status"]
        self.photos += 1
        self.no_face += status == NO_FACE
        self.failed += status not in (OK, NO_FACE)
        faces = [row for row in rows if "label" in row and not row.get(COPY)]
        best = Counter(best_of({label: row[label] for label in self._labels}) for row in faces)
        self.decided.update(row["label"] for row in faces)
        self.best += best
        if group is not None:
            self.groups[group] = self.groups.get(group, Counter()) + best

    @property
    def faces(self) -> int:
        """The number of faces."""
        return self.best.total()

    def in_words(self) -> str:
        """A sentence on how many there are of each kind."""
        found = f"{how_many(self.photos, 'photo')}, {how_many(self.faces)}".capitalize()
        undecided = f", {self.decided[UNCERTAIN]:,} of them uncertain" if self.faces else ""
        return (
            f"{found}{undecided}; {how_many(self.no_face, 'photo')} without a face, "
            f"{self.failed:,} that could not be read."
        )
