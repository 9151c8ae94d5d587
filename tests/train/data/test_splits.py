"""splits: who is kept apart as a second test, whatever the seed and whoever else is there."""

import pandas
import pytest

from train.data import HOLDOUT, TEST, TRAIN
from train.data.splits import assign_splits, held_out
from train.settings import DataSettings


def photos(count: int, **columns) -> pandas.DataFrame:
    """Kept photos of two classes."""
    names = [f"train/{number}.jpg" for number in range(count)]
    labels = ["Female", "Male"] * (count // 2)
    frame = pandas.DataFrame(
        {"split": TRAIN, "file": names, "label": labels, "digest": [f"d{name}" for name in names]}
    )
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("count", "share", "least", "most"),
    [(0, 0.05, 0, 0), (100, 0.0, 0, 0), (100, 1.0, 100, 100), (4000, 0.05, 150, 250)],
)
def test_about_a_share_is_held_out(count, share, least, most):
    assert least <= held_out(photos(count), share).sum() <= most


def test_a_photo_is_held_out_by_its_name_alone():
    every = photos(400)
    found = held_out(every, 0.2)
    assert found.equals(
        held_out(every.assign(file=every["file"].str.removeprefix("train/"), digest="other"), 0.2)
    )
    pandas.testing.assert_series_equal(held_out(every[::3], 0.2), found[::3])
    assert found.sum() < held_out(every, 0.3).sum()
    assert not (found & ~held_out(every, 0.3)).any()


def test_without_names_the_digest_tells_and_with_people_the_person():
    nameless = photos(400, file="")
    assert 50 < held_out(nameless, 0.2).sum() < 110
    people = photos(400, identity=[f"p{number // 4}" for number in range(400)])
    assert set(held_out(people, 0.2).groupby(people["identity"]).mean()) == {0.0, 1.0}


def test_the_holdout_is_the_same_for_every_seed_and_is_never_the_test():
    every = photos(600).assign(split=[TEST] * 100 + [TRAIN] * 500)
    settings = DataSettings(holdout=0.1, selection=50, calibration=50)
    one, other = (assign_splits(every, settings, seed) for seed in (0, 1))
    assert (one == HOLDOUT).equals(other == HOLDOUT)
    assert not one.equals(other)
    assert (one[:100] == TEST).all()
    assert 25 < (one == HOLDOUT).sum() < 75
