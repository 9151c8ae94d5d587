"""Photos -> size, digest and perceptual hash of each, in all cores; what was looked at once is not decoded again."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from datasets import Dataset, DatasetDict
from PIL import Image
from tqdm import tqdm

from face_gender.photo import PhotoError, open_photo
from face_gender.runtime.journal import Record, Store

from ..common.stages import StageError, in_all_cores
from .parts import LABEL, PHOTO, photo_bytes, photo_name

CHUNK = 128  # photos a job
PROBES = 32  # photos tried before slow work starts
SIDE = 256  # px, longer side that is enough to hash a photo by
GRID = 16  # rows of the hash, and differences in each

Job = tuple[str, int]  # split and first row


def hash_photo(pixels: np.ndarray) -> bytes:
    """(rows, columns, 3) uint8 -> 32 bytes: which of 16 x 17 grey cells are darker than the next (dHash, Krawetz 2013)."""
    grey = Image.fromarray(pixels).convert("L").resize((GRID + 1, GRID), Image.Resampling.BOX)
    cells = np.asarray(grey).astype(np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()


def bytes_or_error(photo: dict[str, Any] | None) -> bytes | PhotoError:
    """A row's photo -> its file's bytes, or why there are none."""
    try:
        return photo_bytes(photo)
    except PhotoError as error:
        return error


def look_at(content: bytes | PhotoError) -> Record:
    """A file's bytes -> `width` and `height` in px and `hash`, or the `error` that opening it gave."""
    try:
        if isinstance(content, PhotoError):
            raise content
        photo = open_photo(content, side=SIDE)
    except PhotoError as error:
        return {"width": 0, "height": 0, "hash": None, "error": str(error)}
    return {"width": photo.width, "height": photo.height, "hash": hash_photo(photo.pixels).hex(), "error": None}


def look_at_chunk(parts: DatasetDict, known: dict[str, Record], job: Job) -> list[tuple[str, Record]]:
    """Some rows of a split -> digest and record of each; a digest that is `known` is not decoded again."""
    name, start = job
    photos = parts[name].select_columns(PHOTO)[start : start + CHUNK][PHOTO]
    found = []
    for photo in photos:
        content = bytes_or_error(photo)
        text = content if isinstance(content, bytes) else repr(str(content)).encode()
        digest = blake2b(text, digest_size=16).hexdigest()
        found.append((digest, known.get(digest) or look_at(content)))
    return found


def fingerprint(parts: DatasetDict, folder: Path) -> pandas.DataFrame:
    """Splits -> a row a photo: split, row, file, label, digest, width, height, hash, error.

    folder: keeps what was found, so that a run that was cut short or repeated only decodes what is new
    Raises StageError where none of the first photos tried can be opened.
    """
    probe(parts)
    jobs = [(name, start) for name, part in parts.items() for start in range(0, len(part), CHUNK)]
    rows: list[dict[str, Any]] = []
    with Store(folder / "photos.sqlite") as ledger:
        known = ledger.read()
        chunks = in_all_cores(look_at_chunk, (parts, known), jobs)
        for (name, start), found in zip(
            jobs, tqdm(chunks, "photos", len(jobs), unit=f" x {CHUNK}", mininterval=1), strict=True
        ):
            ledger.write({digest: record for digest, record in found if digest not in known})
            rows += [
                {"split": name, "row": start + at, "digest": digest, **record} for at, (digest, record) in enumerate(found)
            ]
    return pandas.DataFrame(rows).assign(file=_all(parts, _names), label=_all(parts, _labels))


def probe(parts: DatasetDict) -> None:
    """Raises StageError where no photo of an even sample can be opened, or there are no photos."""
    for name, part in parts.items():
        rows = sorted(set(np.linspace(0, len(part) - 1, PROBES).astype(int).tolist())) if len(part) else []
        records = [look_at(bytes_or_error(part[row][PHOTO])) for row in rows]
        if all(record["error"] for record in records):
            reason = f"; the first: {records[0]['error']}" if records else "."
            raise StageError(f"None of {len(records)} photos tried of the split {name!r} can be opened{reason}")


def _all(parts: DatasetDict, values: Any) -> list[Any]:
    return [value for part in parts.values() for value in values(part)]


def _names(part: Dataset) -> list[str]:
    if "file" in part.column_names:
        return [str(name) for name in part["file"]]
    names: list[str] = []
    for start in range(0, len(part), CHUNK):
        names += [photo_name(photo) for photo in part.select_columns(PHOTO)[start : start + CHUNK][PHOTO]]
    return names


def _labels(part: Dataset) -> list[str | None]:
    return [None if label is None else part.features[LABEL].names[label] for label in part[LABEL]]
