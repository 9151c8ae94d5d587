"""Photos -> size, digest and perceptual hash of each, on all cores; each is decoded once."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from datasets import Dataset, DatasetDict
from tqdm import tqdm

from face_gender.fingerprints import hash_photo
from face_gender.photo import PhotoError, open_photo
from face_gender.runtime.journal import Record, Store

from ..common.errors import StageError
from ..common.parallel import in_all_cores
from .split_files import LABEL, PHOTO, file_names, photo_bytes

CHUNK = 128  # photos in a job
PROBES = 32  # photos tried before slow work starts
SIDE = 256  # px, longer side; enough to hash a photo

Job = tuple[str, int]  # split and first row


def bytes_or_error(photo: dict[str, Any] | None) -> bytes | PhotoError:
    """A row's photo -> its file's bytes, or why there are none."""
    try:
        return photo_bytes(photo)
    except PhotoError as error:
        return error


def fingerprint_one(content: bytes | PhotoError) -> Record:
    """A file's bytes -> `width` and `height` in px and `hash`, or the `error` of opening it."""
    try:
        if isinstance(content, PhotoError):
            raise content
        photo = open_photo(content, side=SIDE)
    except PhotoError as error:
        return {"width": 0, "height": 0, "hash": None, "error": str(error)}
    return {
        "width": photo.width,
        "height": photo.height,
        "hash": hash_photo(photo.pixels).hex(),
        "error": None,
    }


def fingerprint_chunk(
    splits: DatasetDict, known: dict[str, Record], job: Job
) -> list[tuple[str, Record]]:
    """Rows of a split -> digest and record of each; `known` digests are not decoded again."""
    name, start = job
    photos = splits[name].select_columns(PHOTO)[start : start + CHUNK][PHOTO]
    found = []
    for photo in photos:
        content = bytes_or_error(photo)
        text = content if isinstance(content, bytes) else repr(str(content)).encode()
        digest = blake2b(text, digest_size=16).hexdigest()
        found.append((digest, known.get(digest) or fingerprint_one(content)))
    return found


def fingerprint(splits: DatasetDict, folder: Path) -> pandas.DataFrame:
    """Splits -> a row a photo: split, row, file, label, digest, width, height, hash, error.

    folder: keeps the records, so that a later run decodes only new photos
    Raises StageError if none of the first photos tried can be opened.
    """
    probe(splits)
    jobs = [
        (name, start) for name, split in splits.items() for start in range(0, len(split), CHUNK)
    ]
    rows: list[dict[str, Any]] = []
    with Store(folder / "photos.sqlite") as ledger:
        records = ledger.read()  # limits may have changed for what could not be read
        known = {digest: seen for digest, seen in records.items() if not seen["error"]}
        chunks = in_all_cores(fingerprint_chunk, (splits, known), jobs)
        for (name, start), found in zip(
            jobs,
            tqdm(chunks, "photos", len(jobs), unit=f" x {CHUNK}", mininterval=1, disable=None),
            strict=True,
        ):
            ledger.write({digest: record for digest, record in found if digest not in known})
            rows += [
                {"split": name, "row": start + at, "digest": digest, **record}
                for at, (digest, record) in enumerate(found)
            ]
    return pandas.DataFrame(rows).assign(file=_all(splits, file_names), label=_all(splits, _labels))


def probe(splits: DatasetDict) -> None:
    """Raises StageError if no photo of an even sample can be opened, or there are none."""
    for name, split in splits.items():
        rows = (
            sorted(set(np.linspace(0, len(split) - 1, PROBES).astype(int).tolist()))
            if len(split)
            else []
        )
        records = [fingerprint_one(bytes_or_error(split[row][PHOTO])) for row in rows]
        if all(record["error"] for record in records):
            reason = f"; the first: {records[0]['error']}" if records else "."
            raise StageError(
                f"None of {len(records)} photos tried from the split {name!r} can be opened{reason}"
            )


def _all(splits: DatasetDict, values: Any) -> list[Any]:
    return [value for split in splits.values() for value in values(split)]


def _labels(split: Dataset) -> list[str | None]:
    return [None if label is None else split.features[LABEL].names[label] for label in split[LABEL]]
