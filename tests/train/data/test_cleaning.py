"""cleaning: fingerprints of photos, and which photos go for what reason."""

import numpy as np
import pandas
import pytest

from face_gender.fingerprints import hash_photo
from tests.support.pictures import noise
from train.data import TEST, TRAIN
from train.data.cleaning import clean, near_pairs
from train.data.fingerprints import fingerprint_one
from train.settings import DataSettings


def fingerprints(*rows: tuple) -> pandas.DataFrame:
    """Rows of split, label, digest and hash -> fingerprints of readable photos."""
    frame = pandas.DataFrame(rows, columns=["split", "label", "digest", "hash"])
    return frame.assign(row=range(len(rows)), file="", width=64, height=64, error=None)


def bits(*which: int) -> str:
    """Hash with these of its 256 bits set."""
    return (sum(1 << bit for bit in which)).to_bytes(32, "little").hex()


SPREAD = [bits(*range(start, start + 40)) for start in range(0, 200, 40)]


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ([(TRAIN, "m", "a", SPREAD[0]), (TRAIN, "f", "b", SPREAD[1])], ["", ""]),
        ([(TRAIN, "m", "a", SPREAD[0]), (TRAIN, "m", "a", SPREAD[0])], ["", "exact duplicate"]),
        ([(TRAIN, "m", "a", bits(1)), (TRAIN, "m", "b", bits(1, 2, 3))], ["", "near duplicate"]),
        (
            [(TRAIN, "m", "a", bits(1)), (TRAIN, "f", "b", bits(1, 2))],
            ["duplicates with contradictory labels"] * 2,
        ),
        (
            [(TRAIN, "m", "a", bits(1)), (TEST, "m", "b", bits(1))],
            ["duplicate of a test photo", ""],
        ),
        (
            [(TRAIN, "m", "a", bits(1)), (TEST, "f", "b", bits(1)), (TEST, "f", "b", bits(1))],
            ["duplicate of a test photo", "", ""],
        ),
        ([(TRAIN, None, "a", bits(1)), (TRAIN, "f", "b", bits(1))], ["no label", ""]),
        ([(TEST, None, "a", bits(1)), (TEST, "f", "b", bits(1))], ["no label", ""]),
    ],
)
def test_clean(rows, reasons):
    assert clean(fingerprints(*rows), DataSettings()).reason.tolist() == reasons


def test_unreadable_and_small_photos_go_from_train_and_stay_in_the_test():
    photos = fingerprints(
        (TRAIN, "m", "a", None),
        (TRAIN, "m", "b", SPREAD[1]),
        (TEST, "m", "c", None),
        (TEST, "m", "d", SPREAD[3]),
    )
    photos.loc[[0, 2], "error"] = "The file is empty."
    photos.loc[[1, 3], ["width", "height"]] = 31, 500
    found = clean(photos, DataSettings(smallest_photo=32))
    assert found["reason"].tolist() == ["unreadable", "too small", "", ""]
    assert found["detail"].tolist()[:2] == ["The file is empty.", "31 px"]


def test_a_person_of_the_test_is_not_trained_on():
    photos = fingerprints(
        *((name, "m", str(row), SPREAD[row]) for row, name in enumerate([TRAIN, TRAIN, TEST, TEST]))
    )
    photos["identity"] = pandas.array(["ann", None, "ann", None], dtype="string")
    assert clean(photos, DataSettings()).reason.tolist() == ["person in the test", "", "", ""]
    photos["split"] = ["train", "validation", "validation", "test"]
    photos["identity"] = pandas.array(["ann", "ann", "bob", "bob"], dtype="string")
    found = clean(photos, DataSettings()).reason.tolist()
    assert found == ["person in the validation", "", "person in the test", ""]


@pytest.mark.parametrize("count", [0, 1, 2, 300])
def test_near_pairs_are_those_of_every_pair_compared(count):
    rng = np.random.default_rng(count)
    words = rng.integers(0, 2**62, (count, 4), dtype=np.uint64)
    words[count // 2 :] = words[: count - count // 2] ^ (
        rng.integers(0, 2, (count - count // 2, 4)) << 7
    ).astype(np.uint64)
    wanted = [
        (one, other)
        for one in range(count)
        for other in range(one + 1, count)
        if np.bitwise_count(words[one] ^ words[other]).sum() <= 3
    ]
    assert near_pairs(words, 3).tolist() == [list(pair) for pair in wanted]


@pytest.mark.slow
def test_58000_hashes():
    words = np.random.default_rng(0).integers(0, 2**63, (58_000, 4), dtype=np.uint64)
    assert near_pairs(words, 24).shape == (0, 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda photo: photo.resize((130, 130)),
        lambda photo: photo.point(lambda value: int(value * 0.8 + 10)),
        lambda photo: photo.convert("L").convert("RGB"),
    ],
)
def test_hash_hardly_moves(change):
    words = [
        np.frombuffer(hash_photo(np.asarray(photo)), np.uint8)
        for photo in (noise(0), change(noise(0)), noise(1))
    ]
    assert (
        np.bitwise_count(words[0] ^ words[1]).sum()
        <= 24
        < np.bitwise_count(words[0] ^ words[2]).sum()
    )


def test_look_at_nothing():
    assert fingerprint_one(b"") == {
        "width": 0,
        "height": 0,
        "hash": None,
        "error": "The file is empty.",
    }
