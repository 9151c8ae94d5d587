"""Landmarks of a face stay on the face when it is cut out, upright or turned."""

import numpy as np
import pytest

from face_gender.crops import crop_face
from face_gender.faces import Face
from face_gender.photo import open_photo
from train.crops.read import landmarks_in_crop


def test_no_landmarks_are_none():
    assert landmarks_in_crop(Face((0, 0, 10, 10), 0.0, ()), 20, 0.5) == []


@pytest.mark.parametrize("turn", range(4))
def test_landmarks_point_at_the_same_pixels(turn):
    pixels = np.zeros((300, 200, 3), np.uint8)
    points = ((90, 120), (130, 122), (110, 145), (95, 165), (125, 166))
    for number, (x, y) in enumerate(points):
        pixels[y - 2 : y + 3, x - 2 : x + 3] = 50 + 40 * number
    face = Face((80, 100, 140, 180), 1.0, tuple((x + 0.5, y + 0.5) for x, y in points), turn)
    crop = crop_face(open_photo(pixels), face, 160, 0.3)
    places = np.reshape(landmarks_in_crop(face, 160, 0.3), (5, 2))
    seen = [int(crop[int(y), int(x), 0]) for x, y in places]
    assert seen == [50, 90, 130, 170, 210]
