"""dataset: which face is drawn when, and that a view depends on seed, epoch and face alone."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import write_crops
from train.data import TRAIN, load_splits
from train.fit.dataset import CropDataset
from train.fit.sampler import FaceSampler
from train.models.vit import new_processor
from train.settings import AugmentSettings, CropSettings

CROP = CropSettings(crop_size=48)


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    return write_crops(tmp_path_factory.mktemp("faces") / "crops")


@pytest.fixture
def faces(crops) -> CropDataset:
    processor = new_processor(CROP).to_dict()
    return CropDataset(
        load_splits(crops)[TRAIN], processor, 48, [1, 0], seed=3, augmentation=AugmentSettings()
    )


def test_every_face_once_an_epoch_in_another_order():
    assert list(FaceSampler(0, 0)) == []
    sampler = FaceSampler(10, seed=1)
    first = list(sampler)
    sampler.set_epoch(2)
    third = list(sampler)
    assert sorted(first) == list(range(10))
    assert sorted(third) == list(range(20, 30))
    assert [index - 20 for index in third] != first
    assert list(sampler) == third


def test_views_at_a_face_are_neighbours_and_never_the_same():
    sampler = FaceSampler(10, seed=1, views=3)
    sampler.set_epoch(2)
    views = list(sampler)
    assert len(sampler) == len(views) == 30
    assert sorted(views) == list(range(60, 90))
    assert all(
        len({view % 10 for view in views[start : start + 3]}) == 1 for start in range(0, 30, 3)
    )


def test_a_view_depends_on_seed_epoch_and_face_alone(faces):
    one, again, later = faces[5], faces[5], faces[5 + len(faces)]
    np.testing.assert_array_equal(one["pixel_values"], again["pixel_values"])
    assert (one["pixel_values"] != later["pixel_values"]).any()
    assert one["labels"] == later["labels"] == 0
    assert faces.labels()[:4] == [1, 0, 1, 0]
