"""groups: shares by group, and how far apart they are."""

from collections import Counter
from pathlib import PurePosixPath

import numpy as np
import pytest

from face_gender.groups import compare_groups, natural_order, newcombe, top_folders
from face_gender.model_folder import open_model
from face_gender.result import count_labels
from face_gender.shares import estimate_shares, known_errors

TWO = ("Male", "Female")


@pytest.mark.parametrize("best", [{}, {"a": Counter()}])
def test_no_face_is_no_group(best):
    assert compare_groups(best, TWO, {}) == []


def test_groups_come_in_their_order_and_are_compared_with_the_largest():
    best = {
        "10-19": Counter(Male=30, Female=70),
        "3-9": Counter(Male=30, Female=30),
        "more than 70": Counter(Male=8, Female=2),
    }
    known = {"10-19": np.array([[90, 10], [5, 95]]), "more than 70": np.array([[8, 2], [3, 7]])}
    young, teens, old = compare_groups(best, TWO, known)
    assert [each.name for each in (young, teens, old)] == ["3-9", "10-19", "more than 70"]
    assert (young.faces, teens.differences) == (60, [])
    assert [each.corrected for each in young.shares] == [None, None]
    assert young.differences[0].guessed.share == pytest.approx(0.2)
    assert young.differences[0].corrected is None
    gap = old.differences[0].corrected
    assert gap.share == old.shares[0].corrected.share - teens.shares[0].corrected.share
    assert gap.interval[0] < gap.share < gap.interval[1]


def test_difference_of_newcombes_own_example():
    """56 of 70 and 48 of 80 (Newcombe 1998, table II, example a, method 10)."""
    one, other = (
        count_labels(["a"] * k + ["b"] * (n - k), "ab")[0] for k, n in ((56, 70), (48, 80))
    )
    gap = newcombe(one, other)
    assert gap.share == pytest.approx(0.2)
    assert gap.interval == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_natural_order():
    assert natural_order([]) == []
    ages = ["0-2", "3-9", "10-19", "20 and over", "more than 70", "unknown"]
    assert natural_order(sorted(ages)) == ages


@pytest.mark.parametrize(
    ("folders", "named"),
    [
        ([], []),
        (["."], ["."]),
        (["a/b"], ["b"]),
        (["a/b", "a/b/1990", "a/b/2020/may"], ["b", "1990", "2020"]),
        (["a/x", "b/x"], ["a", "b"]),
        ([".", "old.zip", "photos/deeper"], [".", "old.zip", "photos"]),
    ],
)
def test_folders_go_by_where_they_part(folders, named):
    found = top_folders(map(PurePosixPath, folders))
    assert [found[PurePosixPath(folder)] for folder in folders] == named


@pytest.mark.parametrize("column", ["age", "race"])
def test_by_its_own_confusion_a_group_is_nearer_to_the_truth_than_guessed(column):
    """Made groups, each mistaken as often as the bundled model was in its test, and as well known.

    Each holds 500 faces, of which any share may be of either class.
    """
    rng = np.random.default_rng(0)
    rates = {name: counts / counts.sum(1, keepdims=True) for name, counts in known(column).items()}
    errors, held, apart = [], [], []
    for _ in range(6):
        tested = {
            name: np.stack([draw(rng, row.sum(), row) for row in counts])
            for name, counts in known(column).items()
        }
        truth = {name: rng.uniform(0.05, 0.95) for name in tested}
        best = {
            name: Counter(zip_counts(draw(rng, 500, np.array([p, 1 - p]) @ rates[name])))
            for name, p in truth.items()
        }
        groups = compare_groups(best, TWO, tested)
        whole = sum(tested.values())
        largest = next(group.name for group in groups if not group.differences)
        for group in groups:
            true, share = truth[group.name], group.shares[0]
            everyones = estimate_shares(best[group.name], TWO, whole)[0].corrected.share
            errors.append(
                [abs(x - true) for x in (share.guessed.share, everyones, share.corrected.share)]
            )
            held.append(holds(share.corrected, true))
            apart += [holds(gap.corrected, true - truth[largest]) for gap in group.differences[:1]]
    guessed, everyones, corrected = np.mean(errors, axis=0)
    assert corrected < 0.8 * guessed
    assert corrected < everyones
    assert np.mean(held) > 0.9
    assert np.mean(apart) > 0.9


def draw(rng: np.random.Generator, n: int, weights: np.ndarray) -> np.ndarray:
    return rng.multinomial(n, weights / weights.sum())


def zip_counts(counts: np.ndarray) -> dict[str, int]:
    return dict(zip(TWO, counts.tolist(), strict=True))


def known(column: str) -> dict[str, np.ndarray]:
    return known_errors(open_model()).groups[column]


def holds(estimate, truth: float) -> bool:
    return estimate.interval[0] <= truth <= estimate.interval[1]
