"""Raw data -> clean data: `python -m train.data --data NAME_OR_FOLDER`."""

from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Image, load_dataset

from .settings import DataSettings, RunSettings, parse

PHOTO, LABEL = "photo", "label"
TRAIN, SELECTION, CALIBRATION, TEST = "train", "selection", "calibration", "test"


def load_data(settings: DataSettings) -> DatasetDict:
    """A Hub data set, parquet folder or image folder -> its splits, with columns `photo`, `label` and whatever else it has.

    Raises ValueError where a split or column is missing, or there is only one class.
    """
    source = load_dataset(settings.data, settings.data_config or None, revision=settings.data_revision or None)
    for split in (TRAIN, settings.test_split):
        if split not in source:
            raise ValueError(f"{settings.data} should have a split {split!r}, got {sorted(source)}.")
    columns = source[TRAIN].column_names
    for column in (settings.photo_column, settings.label_column):
        if column not in columns:
            raise ValueError(f"{settings.data} should have a column {column!r}, got {sorted(columns)}.")
    names = {settings.photo_column: PHOTO, settings.label_column: LABEL}
    source = DatasetDict({TRAIN: source[TRAIN], TEST: source[settings.test_split]})
    source = source.rename_columns({old: new for old, new in names.items() if old != new}).cast_column(
        PHOTO, Image(decode=False)
    )
    return _with_class_labels(source)


def split_data(source: DatasetDict, settings: DataSettings, seed: int) -> DatasetDict:
    """Train and test -> train, selection, calibration and test; stratified by label, seeded."""
    if settings.sample:
        source = DatasetDict({name: _take(part, settings.sample, seed) for name, part in source.items()})
    carved = settings.selection + settings.calibration
    if carved >= len(source[TRAIN]):
        raise ValueError(f"Selection and calibration take {carved} faces, but train has only {len(source[TRAIN])}.")
    first = source[TRAIN].train_test_split(carved, stratify_by_column=LABEL, seed=seed)
    second = first["test"].train_test_split(settings.calibration, stratify_by_column=LABEL, seed=seed)
    return DatasetDict({TRAIN: first["train"], SELECTION: second["train"], CALIBRATION: second["test"], TEST: source[TEST]})


def write_parts(parts: DatasetDict, folder: Path) -> None:
    """Splits -> one parquet file each; each is written beside, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        beside = folder / f"{name}.parquet.part"
        part.to_parquet(beside)
        beside.replace(folder / f"{name}.parquet")


def load_parts(folder: Path) -> DatasetDict:
    """A stage's folder -> its splits, `photo` as a picture. Raises ValueError where the stage has not run."""
    files = {path.stem: str(path) for path in sorted(folder.glob("*.parquet"))}
    if not files:
        raise ValueError(f"{folder} holds no parquet files: run the stage that writes it first.")
    return load_dataset("parquet", data_files=files).cast_column(PHOTO, Image())


def _with_class_labels(source: DatasetDict) -> DatasetDict:
    """Labels by name, whatever the column holds: the order of classes differs between copies of the same data."""
    if not isinstance(source[TRAIN].features[LABEL], ClassLabel):
        source = source.class_encode_column(LABEL)
    names = source[TRAIN].features[LABEL].names
    if len(names) < 2:
        raise ValueError(f"There should be two classes or more, got {names}.")
    if source[TEST].features[LABEL].names != names:
        raise ValueError(f"Train has the classes {names}, test has {source[TEST].features[LABEL].names}.")
    return source


def _take(part: Dataset, count: int, seed: int) -> Dataset:
    return part.shuffle(seed=seed).select(range(min(count, len(part))))


def write_data(run: RunSettings, settings: DataSettings) -> None:
    """Load, split and write."""
    parts = split_data(load_data(settings), settings, run.seed)
    write_parts(parts, run.folder("data"))
    print(", ".join(f"{name}: {len(part)} faces" for name, part in parts.items()))


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    write_data(*parse(RunSettings, DataSettings, arguments=arguments))


if __name__ == "__main__":
    main()
