"""The faces of a run <-> a manifest of names, splits and hashes, to train on the same faces again.

`python -m train.data.manifest --out RUN --manifest FILE` writes one. `python -m train.data
--manifest FILE` keeps the faces that it lists, each in its split. The perceptual hash identifies a
face even if its file was encoded again.
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
    """A run's clean data -> the manifest file. Raises StageError if there is none."""
    splits, path = load_splits(run.folder("data")), Path(settings.manifest)
    undecoded = {
        name: each.cast_column(PHOTO, Image(decode=False)) for name, each in splits.items()
    }
    photos = fingerprint(DatasetDict(undecoded), run.folder("data"))
    hashes = [bytes.fromhex(found or "") for found in photos["hash"]]
    columns = {
        "name": arrow.array(base_names(photos), arrow.string()),
        "part": arrow.array(photos["split"], arrow.string()).dictionary_encode(),
        "hash": arrow.array(hashes, arrow.binary()),
    }
    with atomic_write(path) as beside:
        parquet.write_table(arrow.table(columns), beside, compression="zstd")
    print(f"{path}: {len(photos)} faces, {path.stat().st_size / 1e6:.1f} MB")


def read_manifest(path: Path) -> pandas.DataFrame:
    """A manifest's file -> its rows, hashes as hexadecimal text. Raises StageError."""
    try:
        rows = parquet.read_table(path, columns=COLUMNS).to_pandas()
    except (OSError, arrow.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise StageError(f"The manifest {path} cannot be read: {reason}") from error
    return rows.assign(hash=rows["hash"].map(bytes.hex), part=rows["part"].astype(str))


def keep_listed(
    photos: pandas.DataFrame, manifest: pandas.DataFrame, near: int
) -> pandas.DataFrame:
    """Fingerprints and a manifest -> the listed photos, with `split_to` and the listed `file`.

    A photo is listed if split and name agree (photos without a name need none) and the hashes
    differ in at most `near` bits. Prints how many listed ones are missing. Raises StageError if
    all are.
    """
    pairs = match_listed(photos, manifest, near)
    if pairs.empty:
        raise StageError(
            f"None of the manifest's {len(manifest)} faces is in the data: "
            "use the data set that the manifest was made from."
        )
    missing = len(manifest) - len(pairs)
    print(
        f"manifest: {len(pairs)} of {len(manifest)} faces found, {missing} missing from the data."
    )
    found = photos.iloc[pairs["row_number"].to_numpy()]
    return found.assign(split_to=pairs["part"].to_numpy(), file=pairs["name_listed"].to_numpy())


def match_listed(
    photos: pandas.DataFrame, manifest: pandas.DataFrame, near: int
) -> pandas.DataFrame:
    """Fingerprints and a manifest -> pairs of a photo and a listed face, in the photos' order."""
    has_test = TEST in set(photos["split"])  # else the test was held out of train
    held_out = (manifest["part"] == TEST) & has_test
    listed = manifest.assign(split=held_out.map({True: TEST, False: TRAIN}))
    both = pandas.concat([listed, photos], ignore_index=True)
    alike = find_alike(both.assign(hash=both["hash"].replace("", None)), near)
    listed = listed.assign(alike=alike[: len(listed)], number=range(len(listed)))
    rows = {"alike": alike[len(listed) :], "row_number": range(len(photos))}
    pairs = photos.assign(**rows, name=base_names(photos)).merge(
        listed[["split", "alike", "name", "part", "number"]],
        on=["split", "alike"],
        suffixes=("", "_listed"),
    )
    same_name = (pairs["name"] == pairs["name_listed"]) | (pairs["name"] == "")
    pairs = pairs[(pairs["alike"] >= 0) & same_name]
    return pairs.drop_duplicates("number").drop_duplicates("row_number").sort_values("row_number")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(write_manifest, RunSettings, DataSettings, arguments=arguments)


if __name__ == "__main__":
    main()
