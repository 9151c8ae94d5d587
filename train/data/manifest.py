"""The faces of a run <-> a manifest: name, split and perceptual hash of each, for others' runs.

`python -m train.data.manifest --out RUN --manifest FILE` writes one; with `--manifest FILE`,
`python -m train.data` keeps the faces it lists, each in its split. A hash tells a face however its
file was recoded.
"""

from pathlib import Path

import pandas
import pyarrow as arrow
import pyarrow.parquet as parquet
from datasets import DatasetDict, Image

from face_gender.runtime.files import atomic_write

from ..common.cli import run_stage
from ..common.errors import StageError
from ..settings import DataSettings, RunSettings
from .cleaning import find_alike
from .fingerprints import fingerprint
from .split_files import PHOTO, TEST, TRAIN, load_splits
from .splits import base_names

COLUMNS = ["name", "part", "hash"]


def write_manifest(run: RunSettings, settings: DataSettings) -> None:
    """A run's clean data -> the manifest file. Raises StageError where there are none."""
    parts = load_splits(run.folder("data"))
    undecoded = DatasetDict(
        {name: part.cast_column(PHOTO, Image(decode=False)) for name, part in parts.items()}
    )
    photos = fingerprint(undecoded, run.folder("data"))
    columns = {
        "name": arrow.array(base_names(photos), arrow.string()),
        "part": arrow.array(photos["split"], arrow.string()).dictionary_encode(),
        "hash": arrow.array(
            [bytes.fromhex(found or "") for found in photos["hash"]], arrow.binary()
        ),
    }
    with atomic_write(Path(settings.manifest)) as beside:
        parquet.write_table(arrow.table(columns), beside, compression="zstd")
    size = Path(settings.manifest).stat().st_size / 1e6
    print(f"{settings.manifest}: {len(photos)} faces, {size:.1f} MB")


def read_manifest(path: Path) -> pandas.DataFrame:
    """A manifest's file -> its rows, hashes as hexadecimal text. Raises StageError if broken."""
    try:
        rows = parquet.read_table(path, columns=COLUMNS).to_pandas()
    except (OSError, arrow.ArrowInvalid) as error:
        raise StageError(
            f"The manifest {path} cannot be read: {str(error).splitlines()[0]}"
        ) from error
    return rows.assign(hash=rows["hash"].map(bytes.hex), part=rows["part"].astype(str))


def keep_listed(
    photos: pandas.DataFrame, manifest: pandas.DataFrame, near: int
) -> pandas.DataFrame:
    """Fingerprints, and a manifest -> the photos it lists, with `split_to` and the listed names.

    A photo is a listed one where split and name are the same, if both have names, and their hashes
    differ in at most `near` bits. Prints how many are missing; raises StageError if all are.
    """
    pairs = match(photos, manifest, near)
    missing = len(manifest) - len(pairs)
    if not len(pairs):
        raise StageError(
            f"None of the manifest's {len(manifest)} faces is in the data: "
            "is it the data set it was made of?"
        )
    found = f"{len(pairs)} of {len(manifest)} faces found"
    print(f"manifest: {found}, {missing} are missing from the data.")
    kept = photos.iloc[pairs["row_number"].to_numpy()]
    return kept.assign(split_to=pairs["part"].to_numpy(), file=pairs["name_listed"].to_numpy())


def match(photos: pandas.DataFrame, manifest: pandas.DataFrame, near: int) -> pandas.DataFrame:
    """Fingerprints, and a manifest -> found photos: `row_number`, `name_listed`, `part`."""
    # a source without a test split had it carved out of train
    held_out = (manifest["part"] == TEST) & (TEST in set(photos["split"]))
    listed = manifest.assign(split=held_out.map({True: TEST, False: TRAIN}))
    both = pandas.concat([listed, photos], ignore_index=True)
    alike = find_alike(both.assign(hash=both["hash"].replace("", None)), near)
    numbered = listed.assign(alike=alike[: len(listed)], number=range(len(listed)))
    seen = photos.assign(
        alike=alike[len(listed) :], name=base_names(photos), row_number=range(len(photos))
    )
    columns = ["split", "alike", "name", "part", "number"]
    pairs = seen.merge(numbered[columns], on=["split", "alike"], suffixes=("", "_listed"))
    named_so = (pairs["name"] == pairs["name_listed"]) | (pairs["name"] == "")
    pairs = pairs[(pairs["alike"] >= 0) & named_so]
    return pairs.drop_duplicates("number").drop_duplicates("row_number").sort_values("row_number")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(write_manifest, RunSettings, DataSettings, arguments=arguments)


if __name__ == "__main__":
    main()
