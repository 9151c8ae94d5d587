"""augment and occlude: other looks of the same face, and what is painted on it."""

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import PLACES
from train.fit.augment import augment, compress, jitter, middle, put_on, shrink
from train.fit.occluders import COVERING, HELD_OUT, MASK, SUNGLASSES, TRAINED, occlude
from train.settings import AugmentSettings

STILL = AugmentSettings(**(dict.fromkeys(vars(AugmentSettings()), 0.0) | {"low_res_side": 24}))


@pytest.fixture(scope="module")
def face(astronaut) -> Image.Image:
    return Image.fromarray(astronaut).crop((135, 40, 305, 210)).resize((100, 100))


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize(
    ("kind", "hidden", "bare"),
    [(MASK, (50, 65), (50, 25)), (SUNGLASSES, (38, 45), (50, 70)), (COVERING, (50, 2), (50, 60))],
)
def test_covers_hide_what_they_should(face, kind, hidden, bare, held_out):
    for seed in range(5):
        covered = occlude(face, PLACES, kind, np.random.default_rng(seed), held_out)
        assert covered.size == face.size
        assert covered.getpixel(hidden) != face.getpixel(hidden)
        assert covered.getpixel(bare) == face.getpixel(bare)


def test_held_out_shapes_are_never_trained():
    for kind, covers in TRAINED.items():
        assert not set(covers) & set(HELD_OUT[kind])


def test_degenerate_landmarks_do_no_harm(face):
    assert occlude(face, [50.0] * 10, MASK, np.random.default_rng(0)).size == face.size


def test_nothing_is_put_on_without_landmarks(face):
    always = AugmentSettings(mask_prob=1.0, sunglasses_prob=1.0, covering_prob=1.0)
    assert put_on(face, None, np.random.default_rng(0), always) is face
    assert put_on(face, PLACES, np.random.default_rng(0), always) != face


def test_jitter_off_is_serving_s_crop(face):
    still = jitter(face, 80, np.random.default_rng(0), STILL)
    np.testing.assert_array_equal(np.asarray(still), np.asarray(middle(face, 80)))


def test_jitter_turns_about_the_middle(face):
    turned = jitter(
        face, 80, np.random.default_rng(3), AugmentSettings(**{**vars(STILL), "rotation": 30.0})
    )
    away = np.abs(np.asarray(turned, int) - np.asarray(middle(face, 80), int)).mean(axis=2)
    assert away[38:42, 38:42].mean() < away.mean() / 2


def test_augment_gives_the_size_and_the_same_for_the_same_chance(face):
    looks = [
        augment(face, 80, np.random.default_rng(seed), AugmentSettings(), PLACES)
        for seed in (1, 1, 2)
    ]
    assert {look.size for look in looks} == {(80, 80)}
    assert looks[0] == looks[1] != looks[2]


def test_worse_pictures_are_of_the_same_size(face):
    for worse in (shrink(face, 10), compress(face, 5)):
        assert worse.size == face.size
        assert worse != face
