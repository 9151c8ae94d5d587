"""A folder or CSV of pictures -> a data set with `photo`, `label`, `file`, `split` and more."""

import re
from collections import Counter
from pathlib import Path

import pandas
from datasets import Dataset

from face_gender.photo import SUFFIXES
from face_gender.runtime.folders import OTHER, tell_skipped, walk_folder
from face_gender.runtime.tables import is_table

from ..common.errors import StageError
from ..common.tables import read_file, read_table, to_text, with_numbers
from ..common.texts import given_path
from ..settings import DataSettings
from .layout import find_levels
from .split_files import LABEL, PHOTO

# https://susanqq.github.io/UTKFace: [age]_[gender]_[race]_[date&time].jpg; some lack one of these
UTKFACE = re.compile(r"(?P<years>\d{1,3})_(?P<gender>[01])?_(?:(?P<race>[0-4])_)?\d{8,}")
UTKFACE_GENDERS = {"0": "Male", "1": "Female"}
UTKFACE_RACES = {"0": "White", "1": "Black", "2": "Asian", "3": "Indian", "4": "Others"}
AGE_BANDS = {
    0: "0-2",
    3: "3-9",
    **{ten: f"{ten}-{ten + 9}" for ten in range(10, 70, 10)},
    70: "more than 70",
}

# https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, as text files or copied to CSV
CELEBA, CELEBA_SPLITS, CELEBA_PEOPLE = "list_attr_celeba", "list_eval_partition", "identity_CelebA"
CELEBA_GENDERS = {1: "Male", -1: "Female"}
SPLIT_NAMES = {0: "train", 1: "validation", 2: "test"}


def open_folder(settings: DataSettings) -> Dataset | None:
    """Settings -> a data set of paths; None if `data` is a Hub name, or a folder in that form."""
    path = given_path(settings.data)
    if is_table(path):
        return _to_rows(read_csv(path, settings), settings.train_split)
    walk = walk_folder(path) if path.is_dir() else None
    if walk is None or any(is_of_a_data_set(file) for file in walk.files):
        return None
    photos = [file for file in walk.files if file.suffix.lower() in SUFFIXES]
    tell_skipped(walk.skipped + Counter({OTHER: len(walk.files) - len(photos)}), path)
    if any(path.glob(f"{CELEBA}.*")):
        return _to_rows(read_celeba(path, photos), settings.train_split)
    files = [file.relative_to(path) for file in photos]
    if not files:
        raise StageError(f"{path} holds no pictures, no parquet files and no list of attributes.")
    named = sum(UTKFACE.match(file.name) is not None for file in files)
    rows = read_utkface(files) if 2 * named > len(files) else read_classes(files, settings)
    return _to_rows(rows, settings.train_split)


def is_of_a_data_set(file: Path) -> bool:
    """Whether a file shows that its folder is a data set in the Hub's form."""
    return file.suffix == ".parquet" or file.name.startswith("metadata.")


def read_csv(path: Path, settings: DataSettings) -> pandas.DataFrame:
    """A CSV of paths, relative to its folder, and labels -> its rows, with all their columns."""
    texts = (settings.photo_column, settings.label_column)
    rows = read_table(path, (*texts, "split", settings.identity_column))
    for column in texts:
        if column not in rows:
            raise StageError(f"{path} should have a column {column!r}, got {sorted(rows.columns)}.")
    rows = with_numbers(rows, (*texts, "split"))
    ours = {name: f"source_{name}" for name in (LABEL, PHOTO, "file")}
    named = {settings.label_column: LABEL, settings.photo_column: "file"}
    return rows.rename(columns=ours | named)


def read_classes(files: list[Path], settings: DataSettings) -> pandas.DataFrame:
    """`male/1.jpg` or `train/male/1.jpg` -> rows; the inner folder is the class.

    Raises StageError if folders may be splits or classes and no flag says which.
    """
    split_at, class_at = find_levels(files, settings)
    inside = [file for file in files if len(file.parts) > max(split_at or 0, class_at) + 1]
    if len(inside) < len(files):
        print(f"not used: {len(files) - len(inside):,} pictures outside the class folders")
    default = settings.train_split
    return pandas.DataFrame(
        {
            "file": [file.as_posix() for file in inside],
            LABEL: [file.parts[class_at] for file in inside],
            "split": [default if split_at is None else file.parts[split_at] for file in inside],
        }
    )


def read_utkface(files: list[Path]) -> pandas.DataFrame:
    """UTKFace's names -> rows with `years`, `age` in FairFace's bands, `race`; None if missing."""
    rows = []
    for file in files:
        found = UTKFACE.match(file.name)
        said = found.groupdict() if found else {"years": None, "gender": None, "race": None}
        rows.append(
            {
                "file": file.as_posix(),
                LABEL: UTKFACE_GENDERS.get(said["gender"] or ""),
                "age": age_band(int(said["years"])) if said["years"] else None,
                "race": UTKFACE_RACES.get(said["race"] or ""),
                "years": int(said["years"]) if said["years"] else None,
            }
        )
    return pandas.DataFrame(rows).astype({"years": "Int64"})


def age_band(years: int) -> str:
    """Years -> FairFace's band."""
    return AGE_BANDS[max(least for least in AGE_BANDS if least <= years)]


def read_celeba(folder: Path, photos: list[Path]) -> pandas.DataFrame:
    """CelebA's lists and photos -> rows with every attribute; `identity` and `split` if known."""
    rows = _read_list(folder, CELEBA, header=True)
    found = {path.name: path.relative_to(folder).as_posix() for path in photos}
    genders = rows.pop("Male").map(CELEBA_GENDERS)
    rows = rows == 1
    rows.insert(0, "file", [found.get(name, name) for name in rows.index])
    rows[LABEL] = genders
    if any(folder.glob(f"{CELEBA_PEOPLE}.*")):
        rows["identity"] = (
            _read_list(folder, CELEBA_PEOPLE).iloc[:, 0].reindex(rows.index).astype("Int64")
        )
    if any(folder.glob(f"{CELEBA_SPLITS}.*")):
        rows["split"] = (
            _read_list(folder, CELEBA_SPLITS).iloc[:, 0].reindex(rows.index).map(SPLIT_NAMES)
        )
    return rows.reset_index(drop=True)


def _read_list(folder: Path, name: str, header: bool = False) -> pandas.DataFrame:
    """One of CelebA's lists -> numbers by file name: text with a count above the header, or CSV."""
    path = min(folder.glob(f"{name}.*"))
    if is_table(path):
        rows = read_table(path, ("image_id",))
        return with_numbers(rows, rows.columns[:1]).set_index(rows.columns[0])
    lines = [line.split() for line in to_text(read_file(path), str(path)).splitlines()]
    lines = [line for line in lines if line]
    names, lines = (lines[1], lines[2:]) if header else (["value"], lines)
    if any(len(line) != len(names) + 1 for line in lines):
        raise StageError(f"{path} should have {len(names) + 1} words on each line of a picture.")
    table = pandas.DataFrame(lines, columns=["image_id", *names], dtype="string")
    return with_numbers(table, ("image_id",)).set_index("image_id")


def _to_rows(rows: pandas.DataFrame, train_split: str) -> Dataset:
    """Rows with `file` -> a data set with `photo` the same; rows without a split are train's."""
    splits = rows.get("split", pandas.Series(None, rows.index, dtype="object")).fillna(train_split)
    paths = [None if pandas.isna(file) else str(file) for file in rows["file"]]
    rows = rows.assign(split=splits, **{PHOTO: pandas.Series(paths, rows.index, dtype="object")})
    return Dataset.from_pandas(rows, preserve_index=False)
