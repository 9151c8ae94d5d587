"""A folder or CSV of picture files -> one data set of paths, with `photo`, `label`, `file`, `split` and further columns."""

import re
from pathlib import Path

import pandas
from datasets import Dataset

from face_gender.photo import SUFFIXES

from ..common.stages import StageError
from ..settings import DataSettings
from .parts import LABEL, PHOTO

# https://susanqq.github.io/UTKFace: [age]_[gender]_[race]_[date&time].jpg; some files lack one of them
UTKFACE = re.compile(r"(?P<years>\d{1,3})_(?P<gender>[01])?_(?:(?P<race>[0-4])_)?\d{8,}")
UTKFACE_GENDERS = {"0": "Male", "1": "Female"}
UTKFACE_RACES = {"0": "White", "1": "Black", "2": "Asian", "3": "Indian", "4": "Others"}
AGE_BANDS = {0: "0-2", 3: "3-9", **{ten: f"{ten}-{ten + 9}" for ten in range(10, 70, 10)}, 70: "more than 70"}

# https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, as text files or as the CSV copies that go round
CELEBA, CELEBA_SPLITS, CELEBA_PEOPLE = "list_attr_celeba", "list_eval_partition", "identity_CelebA"
CELEBA_GENDERS = {1: "Male", -1: "Female"}
SPLIT_NAMES = {0: "train", 1: "validation", 2: "test"}


def open_folder(settings: DataSettings) -> Dataset | None:
    """Settings -> the files' data set; None where `data` is a data set's name or a folder in its form."""
    path = Path(settings.data)
    if path.suffix == ".csv":
        return _to_rows(read_csv(path, settings), path.parent, settings.train_split)
    if not path.is_dir() or any(path.rglob("*.parquet")) or any(path.rglob("metadata.*")):
        return None
    if any(path.glob(f"{CELEBA}.*")):
        return _to_rows(read_celeba(path), path, settings.train_split)
    files = sorted(file.relative_to(path) for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise StageError(f"{path} holds no pictures, no parquet files and no list of attributes.")
    named = sum(UTKFACE.match(file.name) is not None for file in files)
    rows = read_utkface(files) if 2 * named > len(files) else read_classes(files, settings.train_split)
    return _to_rows(rows, path, settings.train_split)


def read_csv(path: Path, settings: DataSettings) -> pandas.DataFrame:
    """A CSV of paths, relative to its folder, and labels -> its rows; a column `split` splits them, others are kept."""
    if not path.is_file():
        raise StageError(f"There is no file {path}.")
    rows = pandas.read_csv(path, dtype={settings.label_column: "string"}, low_memory=False)
    for column in (settings.photo_column, settings.label_column):
        if column not in rows:
            raise StageError(f"{path} should have a column {column!r}, got {sorted(rows.columns)}.")
    ours = {name: f"source_{name}" for name in (LABEL, PHOTO, "file")}
    return rows.rename(columns=ours | {settings.label_column: LABEL, settings.photo_column: "file"})


def read_classes(files: list[Path], train_split: str) -> pandas.DataFrame:
    """`male/1.jpg`, or `train/male/1.jpg` and the same for other splits -> rows; the folder's name is the class."""
    depth = int(any(file.parts[0] == train_split and len(file.parts) > 2 for file in files))
    inside = [file for file in files if len(file.parts) > depth + 1]
    return pandas.DataFrame(
        {
            "file": [file.as_posix() for file in inside],
            LABEL: [file.parts[depth] for file in inside],
            "split": [file.parts[0] if depth else train_split for file in inside],
        }
    )


def read_utkface(files: list[Path]) -> pandas.DataFrame:
    """UTKFace's file names -> rows with `years`, `age` in FairFace's bands, and `race`; what a name lacks is None."""
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


def read_celeba(folder: Path) -> pandas.DataFrame:
    """CelebA's list of attributes -> rows with every attribute as true or false, `identity` and `split` where they are told."""
    rows = _read_list(folder, CELEBA, header=True)
    found = {path.name: path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")}
    genders = rows.pop("Male").map(CELEBA_GENDERS)
    rows = rows == 1
    rows.insert(0, "file", [found.get(name, name) for name in rows.index])
    rows[LABEL] = genders
    if any(folder.glob(f"{CELEBA_PEOPLE}.*")):
        rows["identity"] = _read_list(folder, CELEBA_PEOPLE).iloc[:, 0].reindex(rows.index).astype("Int64")
    if any(folder.glob(f"{CELEBA_SPLITS}.*")):
        rows["split"] = _read_list(folder, CELEBA_SPLITS).iloc[:, 0].reindex(rows.index).map(SPLIT_NAMES)
    return rows.reset_index(drop=True)


def _read_list(folder: Path, name: str, header: bool = False) -> pandas.DataFrame:
    """One of CelebA's lists -> numbers by file name: text with a count above the header, or CSV."""
    path = next(folder.glob(f"{name}.*"))
    if path.suffix == ".csv":
        return pandas.read_csv(path, index_col=0)
    if not header:
        return pandas.read_csv(path, sep=r"\s+", header=None, index_col=0)
    names = path.read_text().split("\n", 2)[1].split()
    return pandas.read_csv(path, sep=r"\s+", skiprows=2, header=None, names=["image_id", *names], index_col=0)


def _to_rows(rows: pandas.DataFrame, folder: Path, train_split: str) -> Dataset:
    """Rows with `file` -> a data set whose `photo` is the file's path; rows of no split belong to train."""
    splits = rows.get("split", pandas.Series(None, rows.index, dtype="object")).fillna(train_split)
    paths = [str(folder / str(file)) for file in rows["file"]]
    return Dataset.from_pandas(rows.assign(split=splits, **{PHOTO: paths}), preserve_index=False)
