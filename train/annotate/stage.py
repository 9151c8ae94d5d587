"""Unlabelled pictures -> labelled ones, by people in a browser: `python -m train.annotate --annotator NAME`."""

import csv
import io
import threading
from collections.abc import Sequence
from itertools import combinations
from os.path import relpath
from pathlib import Path

import pandas
from sklearn.metrics import cohen_kappa_score

from face_gender.photo import SUFFIXES
from face_gender.runtime.files import write_text
from face_gender.runtime.folders import tell_skipped, walk_folder

from ..common.cells import find_file
from ..common.stages import StageError
from ..common.tables import read_table
from ..common.texts import given_path
from ..settings import LabelSettings, RunSettings

SKIPPED = ""  # an answer that is none
ANSWERS, OUTCOME = "answers", "labelled.csv"


class Answers:
    """One annotator's answers, on disk after each; safe to share between threads."""

    def __init__(self, path: Path, pictures: Sequence[str]) -> None:
        """pictures: by their paths, in the order in which they are asked; answers to others are kept as they are."""
        self._path, self._pictures, self._lock = path, tuple(pictures), threading.Lock()
        self._given, self._passed = read_answers(path), set[str]()

    def current(self) -> str | None:
        """The first picture without an answer; None after the last."""
        done = self._given.keys() | self._passed
        return next((picture for picture in self._pictures if picture not in done), None)

    def pass_over(self, picture: str) -> None:
        """Leave out a picture that nothing can be said of, without an answer to undo."""
        self._passed.add(picture)

    def give(self, picture: str, label: str) -> None:
        """Answer, once: a key that is pressed twice does not answer the next picture unseen."""
        with self._lock:
            if picture not in self._given:
                self._write({**self._given, picture: label})

    def undo(self) -> None:
        """Take the last answer back, if there is one."""
        with self._lock:
            self._write(dict(list(self._given.items())[:-1]))

    def progress(self) -> tuple[int, int]:
        """How many pictures have an answer, of how many that can have one."""
        asked = set(self._pictures) - self._passed
        return len(asked & self._given.keys()), len(asked)

    def _write(self, given: dict[str, str]) -> None:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([("image", "label"), *given.items()])
        write_text(self._path, out.getvalue())
        self._given = given


def read_answers(path: Path) -> dict[str, str]:
    """An annotator's file -> label by picture, in the order given; nothing where there is no file."""
    if not path.is_file():
        return {}
    rows = read_table(path, ("image", "label"))
    if not {"image", "label"} <= set(rows.columns):
        raise StageError(f"{path} should have the columns 'image' and 'label': restore or remove it.")
    return dict(zip(rows["image"], rows["label"].fillna(SKIPPED), strict=True))


def read_pictures(settings: LabelSettings, run: RunSettings) -> pandas.DataFrame:
    """Settings -> a row a picture: `image`, its path from the stage's folder, and what else is known. Raises StageError."""
    path = given_path(settings.pictures) if settings.pictures else run.folder("collected") / "photos.csv"
    if path.is_dir():
        walk = walk_folder(path, SUFFIXES)
        tell_skipped(walk.skipped, path)
        rows = pandas.DataFrame({"image": [str(file) for file in walk.files]})
    elif path.is_file():
        rows = read_table(path, ("image",))
    else:
        raise StageError(f"There are no pictures at {path}: run the collect stage, or name a folder or CSV with --pictures.")
    if "image" not in rows or rows.empty:
        raise StageError(f"{path} should hold pictures, or a column 'image' with their paths, got {sorted(rows.columns)}.")
    folder, start = Path() if path.is_dir() else path.parent, run.folder("labelled")
    rows = rows.dropna(subset="image")
    return rows.assign(image=[relpath(find_file(image, [folder]), start) for image in rows["image"]])


def agreed(answers: dict[str, dict[str, str]]) -> dict[str, str]:
    """Answers by annotator -> label by picture: of those who did not skip it, all gave the same."""
    given: dict[str, set[str]] = {}
    for one in answers.values():
        for picture, label in one.items():
            given.setdefault(picture, set()).add(label)
    return {picture: min(labels) for picture, found in given.items() if len(labels := found - {SKIPPED}) == 1}


def kappas(answers: dict[str, dict[str, str]]) -> dict[tuple[str, str], tuple[float, int]]:
    """Answers by annotator -> for each two: Cohen's kappa (1960) and on how many pictures; none where it is undefined."""
    found = {}
    for one, other in combinations(sorted(answers), 2):
        pairs = [(label, answers[other].get(picture, SKIPPED)) for picture, label in answers[one].items()]
        both = [pair for pair in pairs if SKIPPED not in pair]
        if len({label for pair in both for label in pair}) > 1:
            found[one, other] = float(cohen_kappa_score(*zip(*both, strict=True))), len(both)
    return found


def write_labelled(folder: Path, pictures: pandas.DataFrame) -> dict[str, dict[str, str]]:
    """Every annotator's file -> labelled.csv, a source for the data stage, and the answers by annotator."""
    answers = {path.stem: read_answers(path) for path in walk_folder(folder / ANSWERS, {".csv"}).files}
    labels = agreed(answers)
    rows = pictures[pictures["image"].isin(labels.keys())]
    rows = rows.assign(gender=[labels[image] for image in rows["image"]])
    write_text(folder / OUTCOME, rows.to_csv(index=False, lineterminator="\n"))
    return answers


def check_settings(settings: LabelSettings) -> list[str]:
    """Settings -> the classes. Raises StageError where the annotator has no name or two classes share a key."""
    if not settings.annotator.replace("-", "").isalnum():
        raise StageError(f"Say who answers, in letters and digits, with --annotator; got {settings.annotator!r}.")
    classes = [name.strip() for name in settings.answers.split(",")]
    keys = {name[:1].lower() for name in classes}
    if len(classes) < 2 or len(keys | {"s", "u", ""}) < len(classes) + 3:
        raise StageError(f"Two classes or more should start with letters of their own, not S or U; got {classes}.")
    return classes


def label_pictures(run: RunSettings, settings: LabelSettings) -> None:
    """Serve the page until stopped; labelled.csv is written after every answer."""
    from .page import Desk, build_page, launch_page

    classes, pictures, folder = check_settings(settings), read_pictures(settings, run), run.folder("labelled")
    print(f"{len(pictures):,} pictures; classes: {', '.join(classes)}", flush=True)
    (folder / ANSWERS).mkdir(parents=True, exist_ok=True)
    answers = Answers(folder / ANSWERS / f"{settings.annotator}.csv", pictures["image"].tolist())

    def keep() -> str:
        found = kappas(write_labelled(folder, pictures))
        return "; ".join(f"{one} and {other}: kappa {kappa:.2f} on {n}" for (one, other), (kappa, n) in found.items())

    launch_page(build_page(Desk(answers, folder, keep), classes), settings.port)
