"""A data set's name, folder or CSV -> its splits, with columns `photo`, `label` and whatever else the source has."""

from datasets import ClassLabel, Dataset, DatasetDict, Image, load_dataset
from datasets.exceptions import DatasetsError

from ..common.stages import StageError
from ..settings import DataSettings
from .folders import open_folder
from .parts import LABEL, PHOTO, TEST, TRAIN, names_of


def load_data(settings: DataSettings) -> DatasetDict:
    """Settings -> `train`, and `test` where the source has a held-out split; classes are the same, by name, in both.

    Raises StageError where there is no such source, split or column, or only one class.
    """
    files = open_folder(settings)
    source = _by_split(files) if files is not None else _load_named(settings)
    photo, label = (PHOTO, LABEL) if files is not None else (settings.photo_column, settings.label_column)
    kept = choose_splits(source, settings)
    parts = DatasetDict({name: _rename(part, photo, label, settings) for name, part in kept.items()})
    return name_classes(without_other_pictures(parts), settings)


def choose_splits(source: DatasetDict, settings: DataSettings) -> DatasetDict:
    """A source's splits -> `train`, and `test` where it has one; a source of one split has none. Raises StageError."""
    others = sorted(set(source) - {settings.train_split})
    if settings.train_split not in source or (others and settings.test_split not in source):
        wanted = f"{settings.train_split!r} and {settings.test_split!r}"
        raise StageError(
            f"{settings.data} should have the splits {wanted}, got {sorted(source)}: "
            "name yours with --train_split and --test_split."
        )
    left = [name for name in others if name != settings.test_split]
    if left:
        print(f"left alone: the splits {', '.join(left)}")
    return DatasetDict({TRAIN: source[settings.train_split], **({TEST: source[settings.test_split]} if others else {})})


def without_other_pictures(parts: DatasetDict) -> DatasetDict:
    """Splits -> the same without pictures beside the photo, such as masks."""
    others = [name for name, kind in parts[TRAIN].features.items() if isinstance(kind, Image) and name != PHOTO]
    if others:
        print(f"left alone: the columns {', '.join(others)}")
    return parts.remove_columns(others)


def name_classes(parts: DatasetDict, settings: DataSettings) -> DatasetDict:
    """Labels of any kind -> ClassLabel by name: the order of classes differs between copies of the same data.

    A label that `classes` does not name, or that is missing, becomes None. Raises StageError where one class is left.
    """
    renamed = read_renames(settings.classes)
    words = {name: _words(part, renamed) for name, part in parts.items()}
    feature = parts[TRAIN].features[LABEL]
    order = list(renamed.values()) or (feature.names if isinstance(feature, ClassLabel) else sorted(_known(words[TRAIN])))
    names = [name for name in dict.fromkeys(order) if name in _known(words[TRAIN])]
    if len(names) < 2:
        raise StageError(f"There should be two classes or more, got {names or 'none'} of {settings.data}.")
    strange = _known(words.get(TEST, [])) - set(names)
    if strange:
        raise StageError(f"Train has the classes {names}, but test has {sorted(strange)} too.")
    classes = ClassLabel(names=names)
    return DatasetDict({name: _with_labels(part, words[name], classes) for name, part in parts.items()})


def _load_named(settings: DataSettings) -> DatasetDict:
    try:
        return load_dataset(settings.data, settings.data_config or None, revision=settings.data_revision or None)
    except (OSError, ValueError, DatasetsError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise StageError(f"{settings.data} could not be opened as a data set ({reason}).") from error


def _by_split(files: Dataset) -> DatasetDict:
    splits = files["split"]
    rows: dict[str, list[int]] = {}
    for row, split in enumerate(splits):
        rows.setdefault(split, []).append(row)
    files = files.remove_columns("split")
    return DatasetDict({name: files.select(chosen) for name, chosen in rows.items()})


def read_renames(classes: str) -> dict[str, str]:
    """`label=class`, comma between -> class by label. Raises StageError."""
    pairs = [[word.strip() for word in pair.split("=")] for pair in classes.split(",")] if classes else []
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise StageError(f"--classes takes label=class, comma between, such as f=Female,m=Male, not {classes}.")
    return {label: name for label, name in pairs}


def _rename(part: Dataset, photo: str, label: str, settings: DataSettings) -> Dataset:
    """Our names for the two columns; another column that has such a name already is called `source_...`."""
    identity = settings.identity_column
    for column in (photo, label, *([identity] if identity != DataSettings.identity_column else [])):
        if column not in part.column_names:
            raise StageError(
                f"{settings.data} should have a column {column!r}, got {sorted(part.column_names)}: "
                "name yours with --photo_column, --label_column and --identity_column."
            )
    for column, ours in ((photo, PHOTO), (label, LABEL)):
        if column != ours and ours in part.column_names:
            part = part.rename_column(ours, f"source_{ours}")
        part = part.rename_column(column, ours) if column != ours else part
    try:
        return part.cast_column(PHOTO, Image(decode=False))
    except (NotImplementedError, TypeError, ValueError) as error:
        raise StageError(f"{settings.data}'s column {photo!r} should hold photos, got {part.features[PHOTO]}.") from error


def _words(part: Dataset, renamed: dict[str, str]) -> list[str | None]:
    """A split -> its labels as words."""
    found = names_of(part, LABEL)
    return [renamed.get(str(word)) for word in found] if renamed else found


def _known(words: list[str | None]) -> set[str]:
    return {word for word in words if word is not None}


def _with_labels(part: Dataset, words: list[str | None], classes: ClassLabel) -> Dataset:
    numbers = [classes.str2int(word) if word in classes.names else None for word in words]
    return part.remove_columns(LABEL).add_column(LABEL, numbers, feature=classes)
