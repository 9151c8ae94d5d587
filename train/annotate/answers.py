"""Annotators' answers on disk, and how far annotators agree."""

import csv
import io
import threading
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from sklearn.metrics import cohen_kappa_score

from face_gender.runtime.files import write_text

from ..common.errors import StageError
from ..common.tables import read_table

SKIPPED = ""  # the answer of a skipped picture


class Answers:
    """One annotator's answers, on disk after each; safe to share between threads."""

    def __init__(self, path: Path, pictures: Sequence[str]) -> None:
        """pictures: paths in the order to ask; answers about other pictures are kept."""
        self._path, self._pictures, self._lock = path, tuple(pictures), threading.Lock()
        self._given, self._passed = read_answers(path), set[str]()

    def open_ones(self) -> list[str]:
        """The pictures without an answer, in order."""
        done = self._given.keys() | self._passed
        return [picture for picture in self._pictures if picture not in done]

    def pass_over(self, picture: str) -> None:
        """Leave out a picture without a face; `undo` does not return to it."""
        self._passed.add(picture)

    def give(self, picture: str, label: str) -> None:
        """Answer once: a key pressed twice does not answer the next picture unseen."""
        with self._lock:
            if picture not in self._given:
                self._write({**self._given, picture: label})

    def undo(self) -> None:
        """Take back the last answer, if any."""
        with self._lock:
            self._write(dict(list(self._given.items())[:-1]))

    def progress(self) -> tuple[int, int]:
        """How many pictures have an answer, and how many can have one."""
        asked = set(self._pictures) - self._passed
        return len(asked & self._given.keys()), len(asked)

    def _write(self, given: dict[str, str]) -> None:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([("image", "label"), *given.items()])
        write_text(self._path, out.getvalue())
        self._given = given


def read_answers(path: Path) -> dict[str, str]:
    """An annotator's file -> label by picture, in the order given; empty if there is no file."""
    if not path.is_file():
        return {}
    rows = read_table(path, ("image", "label"))
    if not {"image", "label"} <= set(rows.columns):
        raise StageError(
            f"{path} should have the columns 'image' and 'label': restore it or remove it."
        )
    return dict(zip(rows["image"], rows["label"].fillna(SKIPPED), strict=True))


def agreed(
    answers: dict[str, dict[str, str]], settled: dict[str, str] | None = None
) -> dict[str, str]:
    """Answers by annotator -> label by picture, if all who did not skip it gave the same.

    settled: what was decided where they differ; a picture skipped there has no label
    """
    given = by_picture(answers)
    labels = {picture: set(told.values()) for picture, told in given.items()}
    labels |= {
        picture: {label}
        for picture, label in (settled or {}).items()
        if len(labels.get(picture, ())) > 1
    }
    return {
        picture: min(found)
        for picture, found in labels.items()
        if len(found) == 1 and found != {SKIPPED}
    }


def disagreements(answers: dict[str, dict[str, str]]) -> dict[str, str]:
    """Answers by annotator -> who said what, by picture, where they differ."""
    return {
        picture: ", ".join(f"{name}: {label}" for name, label in sorted(told.items()))
        for picture, told in by_picture(answers).items()
        if len(set(told.values())) > 1
    }


def by_picture(answers: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Answers by annotator -> by picture, then by annotator; skipped ones are left out."""
    given: dict[str, dict[str, str]] = {}
    for name, one in answers.items():
        for picture, label in one.items():
            if label != SKIPPED:
                given.setdefault(picture, {})[name] = label
    return given


def kappas(answers: dict[str, dict[str, str]]) -> dict[tuple[str, str], tuple[float, int]]:
    """Answers by annotator -> by pair: Cohen's kappa (1960) and its number of pictures.

    A pair whose kappa is undefined is left out.
    """
    found = {}
    for one, other in combinations(sorted(answers), 2):
        pairs = [
            (label, answers[other].get(picture, SKIPPED)) for picture, label in answers[one].items()
        ]
        both = [pair for pair in pairs if SKIPPED not in pair]
        if len({label for pair in both for label in pair}) > 1:
            found[one, other] = float(cohen_kappa_score(*zip(*both, strict=True))), len(both)
    return found
