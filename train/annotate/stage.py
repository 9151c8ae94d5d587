"""Unlabelled pictures -> labelled ones, by people in a browser: `python -m train.annotate`."""

from os.path import relpath
from pathlib import Path
from random import Random

import pandas

from face_gender.photo import SUFFIXES
from face_gender.runtime.files import write_text
from face_gender.runtime.folders import tell_skipped, walk_folder

from ..common.cells import find_file
from ..common.errors import StageError
from ..common.tables import read_table
from ..common.texts import given_path
from ..settings import AnnotateSettings, RunSettings
from .answers import Answers, agreed, disagreements, kappas, read_answers
from .page import AnnotationSession, build_page, launch_page

ANSWERS, OUTCOME, SETTLED = "answers", "labelled.csv", "settled.csv"


def read_pictures(settings: AnnotateSettings, run: RunSettings) -> pandas.DataFrame:
    """Settings -> a row for each picture: `image`, its path from the stage's folder, and more.

    Raises StageError if there are none.
    """
    path = (
        given_path(settings.pictures)
        if settings.pictures
        else run.folder("collected") / "photos.csv"
    )
    if path.is_dir():
        walk = walk_folder(path, SUFFIXES)
        tell_skipped(walk.skipped, path)
        rows = pandas.DataFrame({"image": [str(file) for file in walk.files]})
    elif path.is_file():
        rows = read_table(path, ("image",))
    else:
        raise StageError(
            f"There are no pictures in {path}: run `make collect`, or name some with --pictures."
        )
    if "image" not in rows or rows.empty:
        raise StageError(
            f"{path} should hold pictures, or have a column 'image', got {sorted(rows.columns)}."
        )
    folder, start = Path() if path.is_dir() else path.parent, run.folder("labelled")
    rows = rows.dropna(subset="image")
    return rows.assign(
        image=[relpath(find_file(image, [folder]), start) for image in rows["image"]]
    )


def write_labelled(folder: Path, pictures: pandas.DataFrame) -> dict[str, dict[str, str]]:
    """Annotators' files -> labelled.csv, which the data stage reads; answers by annotator."""
    answers = read_all(folder)
    labels = agreed(answers, read_answers(folder / SETTLED))
    rows = pictures[pictures["image"].isin(labels.keys())]
    rows = rows.assign(gender=[labels[image] for image in rows["image"]])
    write_text(folder / OUTCOME, rows.to_csv(index=False, lineterminator="\n"))
    return answers


def read_all(folder: Path) -> dict[str, dict[str, str]]:
    """The stage's folder -> answers by annotator."""
    return {path.stem: read_answers(path) for path in walk_folder(folder / ANSWERS, {".csv"}).files}


def open_answers(
    settings: AnnotateSettings, folder: Path, pictures: list[str]
) -> tuple[Answers, dict[str, str]]:
    """Settings and pictures -> the answers to give, and what to say beside a picture.

    Each annotator has an order of their own, the same in each session, so that no two tire on the
    same pictures. With --settle only those that annotators disagree on are asked.
    Raises StageError if there are none.
    """
    if settings.settle:
        told = disagreements(read_all(folder))
        differ = [picture for picture in pictures if picture in told]
        if not differ:
            raise StageError("No two annotators disagree on a picture: there is nothing to settle.")
        return Answers(folder / SETTLED, differ), told
    mixed = Random(settings.annotator).sample(pictures, len(pictures))
    return Answers(folder / ANSWERS / f"{settings.annotator}.csv", mixed), {}


def check_settings(settings: AnnotateSettings) -> list[str]:
    """Settings -> the classes. Raises StageError without a name, or if two classes share a key."""
    if not settings.annotator.replace("-", "").isalnum():
        raise StageError(
            f"--annotator should be a name of letters and digits, got {settings.annotator!r}."
        )
    classes = [name.strip() for name in settings.answers.split(",")]
    keys = {name[:1].lower() for name in classes}
    if len(classes) < 2 or len(keys | {"s", "u", ""}) < len(classes) + 3:
        raise StageError(
            f"--answers needs two classes or more whose initials differ, not S or U, got {classes}."
        )
    return classes


def annotate_pictures(run: RunSettings, settings: AnnotateSettings) -> None:
    """Serve the page until stopped; labelled.csv is written after every answer."""
    classes, pictures = check_settings(settings), read_pictures(settings, run)
    folder = run.folder("labelled")
    print(f"{len(pictures):,} pictures; classes: {', '.join(classes)}", flush=True)
    (folder / ANSWERS).mkdir(parents=True, exist_ok=True)
    answers, told = open_answers(settings, folder, pictures["image"].tolist())

    def keep() -> str:
        found = kappas(write_labelled(folder, pictures))
        return "; ".join(
            f"{one} and {other}: kappa {kappa:.2f} on {n}"
            for (one, other), (kappa, n) in found.items()
        )

    session = AnnotationSession(answers, folder, keep, told)
    launch_page(build_page(session, classes), settings.port)
