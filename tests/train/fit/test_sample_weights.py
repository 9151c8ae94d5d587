"""weights: how much a face weighs by its class's rarity and by its groups."""

from pathlib import Path

import pytest
from datasets import ClassLabel

from tests.support.pictures import write_crops
from train.common.errors import StageError
from train.data import LABEL, TRAIN, load_splits
from train.fit.sample_weights import class_weights, group_weights


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    return write_crops(tmp_path_factory.mktemp("faces") / "crops")


def test_rare_classes_weigh_as_much():
    labels = [0] * 90 + [1] * 10
    weights = class_weights(labels, 2)
    assert float(weights[labels].mean()) == pytest.approx(1)
    assert float(weights[1] * 10) == pytest.approx(float(weights[0] * 90))
    with pytest.raises(StageError, match="Every class"):
        class_weights([1, 1], 2)


def test_groups_weigh_what_is_wished(crops):
    rows = load_splits(crops)[TRAIN].select(range(6)).add_column("age", ["3-9", "20-29"] * 3)
    labels = [rows.features[LABEL].int2str(label) for label in rows[LABEL]]
    weights = group_weights(
        rows, ["age=3-9:2", f"{LABEL}={labels[0]}:1.5", f"age=20-29,{LABEL}={labels[1]}:0.5"]
    )
    wanted = [
        [
            (2 if age == "3-9" else 1)
            * (1.5 if label == labels[0] else 1)
            * (0.5 if (age, label) == ("20-29", labels[1]) else 1)
            for label in rows.features[LABEL].names
        ]
        for age in rows["age"]
    ]
    assert weights.tolist() == wanted
    assert len({tuple(row) for row in wanted}) == 2
    assert group_weights(rows, []).tolist() == [[1, 1]] * 6
    for wish, said in {
        "age=3-9": "such as",
        "age:2": "such as",
        "age=3-9:x": "such as",
        "size=3:2": "fits no",
        "age=9:2": "fits no",
        f"age=20-29,{LABEL}={labels[0]}:2": "fits no",
    }.items():
        with pytest.raises(StageError, match=said):
            group_weights(rows, [wish])
    with pytest.raises(StageError, match="weighs it nothing"):
        group_weights(rows, ["age=3-9:0"])


def test_a_wish_passes_by_faces_without_a_group(crops):
    rows = (
        load_splits(crops)[TRAIN]
        .select(range(3))
        .add_column("age", [1, None, 0], feature=ClassLabel(names=["0-2", "3-9"]))
    )
    assert group_weights(rows, ["age=3-9:2"]).tolist() == [[2, 2], [1, 1], [1, 1]]
