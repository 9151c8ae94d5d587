"""Kept photos -> train, selection, calibration, test and holdout, the same for the same seed."""

from hashlib import blake2b

import numpy as np
import pandas

from ..settings import DataSettings
from .split_files import CALIBRATION, HOLDOUT, SELECTION, TEST, TRAIN, VALIDATION

LARGEST_SHARE = 1 / 6  # of train, that one part may take


def assign_splits(photos: pandas.DataFrame, settings: DataSettings, seed: int) -> pandas.Series:
    """Kept photos -> the split of each; without a held-out split, the test is carved out too.

    A validation split beside the test becomes selection and calibration, half each.
    """
    part = photos["split"].copy()
    if settings.holdout:
        part[(part == TRAIN) & held_out(photos, settings.holdout)] = HOLDOUT
    wanted = {SELECTION: settings.selection, CALIBRATION: settings.calibration}
    if VALIDATION in set(part):
        wanted, theirs = {}, photos[part == VALIDATION]
        half = carve(theirs["label"], groups(theirs), len(theirs) // 2, f"{seed} {CALIBRATION}")
        part[part == VALIDATION] = SELECTION
        part[half] = CALIBRATION
    if TEST not in set(part):
        wanted = {TEST: settings.test, **wanted}
    largest = int((part == TRAIN).sum() * LARGEST_SHARE)
    for name, count in wanted.items():
        left = photos[part == TRAIN]
        part[carve(left["label"], groups(left), min(count, largest), f"{seed} {name}")] = name
    return part


def held_out(photos: pandas.DataFrame, share: float) -> pandas.Series:
    """Photos -> which of them, about `share`, are in the holdout, by a hash of name or person.

    Neither the seed nor the other photos matter. A photo without a name goes by its digest.
    """
    names = base_names(photos)
    names = names.where(names != "", photos["digest"])
    if "identity" in photos:
        names = photos["identity"].astype("string").fillna(names)
    hashes = [blake2b(f"holdout {name}".encode(), digest_size=8).digest() for name in names]
    return pandas.Series([int.from_bytes(found) < share * 2**64 for found in hashes], photos.index)


def base_names(photos: pandas.DataFrame) -> pandas.Series:
    """Photos -> their files' names without folders, which differ between copies; or empty."""
    return photos["file"].astype("string").str.rsplit("/", n=1).str[-1].fillna("")


def groups(photos: pandas.DataFrame) -> pandas.Series:
    """Photos -> what must stay together: a person's by `identity`, else each alone by digest."""
    if "identity" not in photos:
        return photos["digest"]
    return photos["identity"].astype("string").fillna(photos["digest"])


def carve(labels: pandas.Series, together: pandas.Series, count: int, seed: str) -> pandas.Index:
    """Labels and groups -> rows of about `count` photos in whole groups, each class by its share.

    The order of groups depends on seed and group alone, so one photo more moves few others.
    """
    quota = _quotas(labels, count)
    of_group = pandas.crosstab(together, labels)[quota.index]
    order = np.argsort(
        [blake2b(f"{seed} {name}".encode(), digest_size=8).digest() for name in of_group.index]
    )
    left, taken = quota.to_numpy(), []
    for name, sizes in zip(of_group.index[order], of_group.to_numpy()[order], strict=True):
        if (sizes <= left).all():
            left = left - sizes
            taken.append(name)
    return together.index[together.isin(taken)]


def _quotas(labels: pandas.Series, count: int) -> pandas.Series:
    """Shares of `count` by class, whole and adding up (largest remainders)."""
    shares = (labels.value_counts(normalize=True) * count).sort_index()
    whole = shares.astype(int)
    more = (
        (shares - whole)
        .sort_values(ascending=False, kind="stable")
        .index[: count - int(whole.sum())]
    )
    whole[more] += 1
    return whole
