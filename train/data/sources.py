"""A data set's name, folder or CSV -> its splits, with `photo`, `label` and other columns."""

from dataclasses import replace
from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Image, load_dataset
from datasets.exceptions import DatasetsError

from ..common.errors import StageError
from ..common.texts import given_path, unquote
from ..settings import DataSettings
from .folders import open_folder
from .labels import read_renames, renames_of
from .layout import find_split
from .photo_cells import as_photos, folders_of, with_files
from .split_files import LABEL, PHOTO, TEST, TRAIN, VALIDATION, describe, names_of


def load_data(settings: DataSettings) -> DatasetDict:
    """Settings -> `train`, and `test` and `validation` if the source has them; the same classes.

    `info.description` of each has its name in the source. Raises StageError if there is no such
    source, split or column, or only one class.
    """
    settings = replace(settings, data=plain_name(settings.data))
    files = open_folder(settings)
    source = _by_split(files) if files is not None else _load_named(settings)
    photo, label = (
        (PHOTO, LABEL) if files is not None else (settings.photo_column, settings.label_column)
    )
    kept = find_splits(source, settings)
    splits = DatasetDict(
        {name: _rename(split, photo, label, settings) for name, split in kept.items()}
    )
    named = name_classes(without_other_pictures(splits), settings)
    print(f"{settings.data}: {describe(named)}", flush=True)
    folders = folders_of(Path(settings.data))
    return DatasetDict({name: with_files(split, folders) for name, split in named.items()})


def plain_name(data: str) -> str:
    """A source as typed or pasted -> the same without quotes around it."""
    path = given_path(data)
    return str(path) if path.exists() else unquote(data)


def find_splits(source: DatasetDict, settings: DataSettings) -> DatasetDict:
    """A source's splits -> `train`, and if it has them `test` and `validation`, as named.

    Without a test its validation is the test. Raises StageError.
    """
    train = find_split(settings.train_split, source)
    others = [name for name in sorted(source) if name != train]
    wanted = [settings.test_split] if settings.test_split else [TEST, VALIDATION]
    test = next((found for name in wanted if (found := find_split(name, others))), None)
    if train is None or (others and test is None):
        missing = f"{settings.train_split!r} and {settings.test_split or TEST!r}"
        raise StageError(
            f"{settings.data} should have the splits {missing}, got {sorted(source)}: "
            "name yours with --train_split and --test_split."
        )
    left = [name for name in others if name != test]
    used = {TRAIN: train, TEST: test, VALIDATION: find_split(VALIDATION, left)}
    named = {ours: theirs for ours, theirs in used.items() if theirs is not None}
    unused = ", ".join(repr(name) for name in left if name != used[VALIDATION])
    if others:
        said = ", ".join(f"{ours} is the split {theirs!r}" for ours, theirs in named.items())
        print(f"{said}{f'; not used: {unused}' if unused else ''}")
    return DatasetDict({ours: called(source[theirs], theirs) for ours, theirs in named.items()})


def called(split: Dataset, name: str) -> Dataset:
    """A split and its name in the source -> the same split, which says so."""
    split = split.select(range(len(split)))
    split.info.description = name
    return split


def without_other_pictures(splits: DatasetDict) -> DatasetDict:
    """Splits -> the same without other columns of pictures, such as masks."""
    others = [
        name
        for name, kind in splits[TRAIN].features.items()
        if isinstance(kind, Image) and name != PHOTO
    ]
    if others:
        print(f"not used: the columns {', '.join(others)}")
    return splits.remove_columns(others)


def name_classes(splits: DatasetDict, settings: DataSettings) -> DatasetDict:
    """Labels of any kind -> ClassLabel by name: copies of a data set may order them otherwise.

    Labels that are missing or not in `classes` become None. Raises StageError if one class is left.
    """
    found = {name: names_of(split, LABEL) for name, split in splits.items()}
    renamed = renames_of((word for words in found.values() for word in words), settings.classes)
    words = {name: [renamed.get(word or "") for word in of] for name, of in found.items()}
    feature = splits[TRAIN].features[LABEL]
    order = list(read_renames(settings.classes).values())
    if not order:
        known = feature.names if isinstance(feature, ClassLabel) else sorted(_known(words[TRAIN]))
        order = [renamed.get(name, name) for name in known]
    names = [name for name in dict.fromkeys(order) if name in _known(words[TRAIN])]
    if len(names) < 2:
        raise StageError(f"{settings.data} should have two classes or more, got {names or 'none'}.")
    for split, found_words in words.items():
        if strange := _known(found_words) - set(names):
            raise StageError(
                f"Train has the classes {names}, but the {split} also has {sorted(strange)}."
            )
    classes = ClassLabel(names=names)
    return DatasetDict(
        {name: _with_labels(split, words[name], classes) for name, split in splits.items()}
    )


def _load_named(settings: DataSettings) -> DatasetDict:
    path = Path(settings.data)
    try:
        if path.suffix.lower() == ".parquet" and path.is_file():
            return load_dataset("parquet", data_files={settings.train_split: settings.data})
        return load_dataset(
            settings.data, settings.data_config or None, revision=settings.data_revision or None
        )
    except (OSError, ValueError, DatasetsError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise StageError(
            f"{settings.data} could not be opened as a data set ({reason})."
        ) from error


def _by_split(files: Dataset) -> DatasetDict:
    splits = files["split"]
    rows: dict[str, list[int]] = {}
    for row, split in enumerate(splits):
        rows.setdefault(split, []).append(row)
    files = files.remove_columns("split")
    return DatasetDict({name: files.select(chosen) for name, chosen in rows.items()})


def _rename(split: Dataset, photo: str, label: str, settings: DataSettings) -> Dataset:
    """Rename the two columns to ours; another column of such a name becomes `source_...`."""
    identity = settings.identity_column
    for column in (photo, label, *([identity] if identity != DataSettings.identity_column else [])):
        if column not in split.column_names:
            found = sorted(split.column_names)
            raise StageError(
                f"{settings.data} should have a column {column!r}, got {found}: "
                "name yours with --photo_column, --label_column and --identity_column."
            )
    for column, ours in ((photo, PHOTO), (label, LABEL)):
        if column != ours and ours in split.column_names:
            split = split.rename_column(ours, f"source_{ours}")
        split = split.rename_column(column, ours) if column != ours else split
    return as_photos(split, f"{settings.data}'s column {photo!r}")


def _known(words: list[str | None]) -> set[str]:
    return {word for word in words if word is not None}


def _with_labels(split: Dataset, words: list[str | None], classes: ClassLabel) -> Dataset:
    numbers = [classes.str2int(word) if word in classes.names else None for word in words]
    return split.remove_columns(LABEL).add_column(LABEL, numbers, feature=classes)
