"""crop_face: square, upright, grey beyond the edge, and the same in training as in serving."""

import numpy as np
import pytest
from PIL import Image

from face_gender.crops import GREY, crop_face, enough_side
from face_gender.faces import Face
from face_gender.photo import Photo, open_photo
from train.fit.augment import middle
from train.settings import CropSettings


def at(*box: float, turn: int = 0) -> Face:
    return Face(box, 1.0, (), turn)


def plain(width: int, height: int, value: int = 50) -> Photo:
    return Photo(np.full((height, width, 3), value, np.uint8), width, height)


def test_whole_square_is_the_photo_itself(astronaut):
    crop = crop_face(open_photo(astronaut), at(100, 50, 196, 146), 96, 0.0)
    np.testing.assert_array_equal(crop, astronaut[50:146, 100:196])


def test_square_of_the_longer_side_about_the_same_centre(astronaut):
    tall = crop_face(open_photo(astronaut), at(130, 50, 166, 146), 96, 0.0)
    np.testing.assert_array_equal(tall, astronaut[50:146, 100:196])


def test_margin_is_added_on_each_side(astronaut):
    crop = crop_face(open_photo(astronaut), at(120, 70, 170, 120), 70, 0.2)
    np.testing.assert_array_equal(crop, astronaut[60:130, 110:180])


@pytest.mark.parametrize(
    "box",
    [
        (-30, 0, 30, 60),
        (70, 40, 130, 100),
        (0, 0, 1, 1),
        (99, 79, 100, 80),
        (-500, -500, -400, -400),
    ],
)
def test_beyond_the_edge_is_grey(box):
    crop = crop_face(plain(100, 80), at(*box), 40, 0.3)
    assert crop.shape == (40, 40, 3)
    assert set(np.unique(crop)) <= set(range(50, GREY + 1))
    left, top = box[0] < 0, box[1] < 0
    if left:
        assert (crop[:, 0] == GREY).all()
    if box[2] > 100:
        assert (crop[:, -1] == GREY).all()
    if box[3] > 80:
        assert (crop[-1] == GREY).all()
    if left and top:
        assert (crop == GREY).all()


@pytest.mark.parametrize("turn", range(4))
def test_turned_face_gives_an_upright_crop(astronaut, turn):
    upright = crop_face(open_photo(astronaut), at(150, 40, 290, 200), 64, 0.1)
    turned = open_photo(np.ascontiguousarray(np.rot90(astronaut, -turn)))
    boxes = [(150, 40, 290, 200), (312, 150, 472, 290), (222, 312, 362, 472), (40, 222, 200, 362)]
    crop = crop_face(turned, at(*boxes[turn], turn=turn), 64, 0.1)
    np.testing.assert_allclose(crop.astype(int), upright, atol=1)


@pytest.mark.parametrize(
    "settings",
    [CropSettings(), CropSettings(crop_size=64, margin=0.2), CropSettings(112, 0.1, 1.5)],
)
@pytest.mark.parametrize("box", [(180.3, 61.7, 268.9, 172.2), (3, 4, 80, 90), (400, 400, 512, 512)])
def test_training_crop_holds_the_serving_crop_in_its_middle(astronaut, settings, box):
    photo = open_photo(astronaut)
    stored = crop_face(photo, at(*box), settings.stored_size, settings.stored_margin)
    serving = crop_face(photo, at(*box), settings.crop_size, settings.margin_used)
    training = np.asarray(middle(Image.fromarray(stored), settings.crop_size))
    np.testing.assert_array_equal(training, serving)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], 0),
        ([(0, 0, 96, 96)], 1000),
        ([(0, 0, 192, 100)], 500),
        ([(0, 0, 960, 960), (0, 0, 192, 192)], 500),
        ([(0, 0, 20, 20)], 1000),
    ],
)
def test_enough_side(boxes, expected):
    assert enough_side(plain(1000, 800), [at(*box) for box in boxes], 96, 0.0) == expected
