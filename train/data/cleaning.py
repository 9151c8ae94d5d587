"""Fingerprints -> which photos are dropped, and why."""

import numpy as np
import pandas
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..settings import DataSettings
from .split_files import TEST, VALIDATION

UNREADABLE, SMALL, UNLABELLED = "unreadable", "too small", "no label"
EXACT, NEAR = "exact duplicate", "near duplicate"
CONTRADICTORY = "duplicates with contradictory labels"
IN_TEST, PERSON_IN_TEST = "duplicate of a test photo", "person in the test"
PERSON_IN_VALIDATION = "person in the validation"
SHOWN = 5  # photos with contradictory labels that dropped.csv names


def clean(photos: pandas.DataFrame, settings: DataSettings) -> pandas.DataFrame:
    """Fingerprints -> the same with `reason` (empty if kept), `detail`, and `alike`.

    `alike` is the number of a photo's group of duplicates. Of the held-out split
    only rows without a label are dropped, since nothing can be measured on them.
    """
    photos = photos.assign(reason="", detail="", alike=find_alike(photos, settings.near))
    train = photos["split"] != TEST
    _drop(photos, photos["label"].isna(), UNLABELLED)
    _drop(photos, train & photos["error"].notna(), UNREADABLE, photos["error"])
    smallest = photos[["width", "height"]].min(axis=1)
    _drop(photos, train & (smallest < settings.smallest_photo), SMALL, smallest.astype(str) + " px")
    drop_duplicates(photos)
    if "identity" in photos:
        drop_people(photos, TEST, PERSON_IN_TEST)
        drop_people(photos, VALIDATION, PERSON_IN_VALIDATION)
    return photos


def drop_people(photos: pandas.DataFrame, held_out: str, reason: str) -> None:
    """Drop photos of people of a held-out split from the splits that are trained on."""
    theirs = photos["split"] == held_out
    known = photos["identity"].isin(photos.loc[theirs, "identity"].dropna())
    _drop(photos, ~theirs & (photos["split"] != TEST) & known, reason, photos["identity"])


def drop_duplicates(photos: pandas.DataFrame) -> None:
    """Of each group keep the first; none if one is in the test or labels disagree.

    The test keeps all it has.
    """
    kept = photos[(photos["reason"] == "") & (photos["alike"] >= 0)]
    kept = kept.assign(name=kept["split"] + " row " + kept["row"].astype(str) + " " + kept["file"])
    train, test = kept[kept["split"] != TEST], kept[kept["split"] == TEST]
    in_test = train["alike"].map(test.drop_duplicates("alike").set_index("alike")["name"])
    _drop(photos, in_test.notna(), IN_TEST, in_test)
    groups = train.groupby("alike")
    contrary = train[groups["label"].transform("nunique") > 1]
    several = contrary.groupby("alike")["name"].transform(
        lambda names: "; ".join(names.iloc[:SHOWN])
    )
    _drop(photos, several.notna(), CONTRADICTORY, several)
    first = groups["name"].transform("first")
    _drop(photos, train.duplicated("digest"), EXACT, first)
    _drop(photos, train.duplicated("alike"), NEAR, first)


def find_alike(photos: pandas.DataFrame, near: int) -> np.ndarray:
    """Fingerprints -> the number of each photo's group of near duplicates; -1 without a hash."""
    hashed = photos["hash"].dropna()
    different, which = np.unique(hashed.to_numpy(dtype=str), return_inverse=True)
    words = np.frombuffer(bytes.fromhex("".join(different)), np.uint64).reshape(len(different), -1)
    pairs = near_pairs(words, near)
    graph = coo_array(
        (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(words), len(words))
    )
    group = connected_components(graph, directed=False)[1]
    alike = np.full(len(photos), -1)
    alike[photos["hash"].notna()] = group[which]
    return alike


def near_pairs(words: np.ndarray, near: int) -> np.ndarray:
    """(n, 4) uint64 hashes -> (m, 2) pairs that differ in at most `near` bits.

    Compares the first words of all pairs, and the others only if the first are near. This takes
    seconds for 58,000 hashes, so it needs no index.
    """
    columns = np.ascontiguousarray(words.T)
    found = [np.empty((0, 2), np.int64)]
    for row in range(len(words)):
        later = (
            np.flatnonzero(np.bitwise_count(columns[0, row + 1 :] ^ columns[0, row]) <= near)
            + row
            + 1
        )
        distance = np.bitwise_count(words[later] ^ words[row]).sum(axis=1)
        close = later[distance <= near]
        found.append(np.stack([np.full(len(close), row), close], axis=1))
    return np.concatenate(found)


def _drop(
    photos: pandas.DataFrame, which: pandas.Series, reason: str, detail: pandas.Series | str = ""
) -> None:
    """Mark rows that are not dropped yet; `which` and `detail` may cover only some rows."""
    rows = which.index[which.fillna(False).astype(bool)]
    rows = rows[photos.loc[rows, "reason"] == ""]
    photos.loc[rows, "reason"] = reason
    photos.loc[rows, "detail"] = detail if isinstance(detail, str) else detail.loc[rows].astype(str)
