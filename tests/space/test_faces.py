"""find_faces: upright, turned, at the edge, and where there is none."""

import numpy as np
import pytest

from face_gender.faces import FaceFinder, turn_back
from face_gender.photo import Photo, open_photo
from face_gender.settings import FaceSettings
from tests.conftest import overlap

HER_FACE = (175, 66, 268, 196)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20000), (20000, 1), (10, 10), (400, 15), (300, 300)])
def test_no_face_is_an_empty_list(finder, shape):
    assert finder.find_faces(open_photo(np.full(shape, 128, np.uint8))) == []


def test_her_face(finder, astronaut):
    faces = finder.find_faces(open_photo(astronaut))
    assert len(faces) == 1
    face = faces[0]
    assert overlap(face.box, HER_FACE) > 0.7
    assert face.confidence > 0.99
    assert face.turn == 0
    eyes, mouth = face.landmarks[:2], face.landmarks[3:]
    assert eyes[0][0] < eyes[1][0]
    assert max(y for _, y in eyes) < min(y for _, y in mouth)


def test_boxes_refer_to_the_original_whatever_was_decoded(finder, astronaut_file):
    whole = finder.find_faces(open_photo(astronaut_file))[0]
    half = open_photo(astronaut_file, side=256)
    assert half.scale == 0.5
    assert overlap(finder.find_faces(half)[0].box, whole.box) > 0.85


def test_large_photos_are_searched_at_a_bounded_size(finder, astronaut):
    large = Photo(np.repeat(np.repeat(astronaut, 4, axis=0), 4, axis=1), 2048, 2048)
    assert overlap(finder.find_faces(large)[0].box, np.multiply(HER_FACE, 4)) > 0.7


def test_largest_first(finder, astronaut):
    group = np.full((512, 1024, 3), 110, np.uint8)
    group[:256, :256] = astronaut[::2, ::2]
    group[:, 512:] = astronaut
    boxes = [face.box for face in finder.find_faces(open_photo(group))]
    assert len(boxes) == 2
    assert boxes[0][0] > 512 > boxes[1][2]


def test_near_a_known_box_are_the_same_faces(finder, astronaut):
    photo = open_photo(astronaut)
    (face,) = finder.find_faces(photo)
    assert finder.find_near(photo, []) == []
    for moved, grown in ((0, 0), (25, 0), (-25, 10), (0, -15)):
        box = np.add(face.box, (moved - grown, moved - grown, moved + grown, moved + grown))
        (near,) = finder.find_near(photo, [tuple(box)])
        assert overlap(near.box, face.box) > 0.8
        assert near.confidence > 0.99
    assert finder.find_near(photo, [(400, 400, 500, 500), (-60, -60, 20, 20)]) == []


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_turned_photo_is_righted(finder, astronaut, turn):
    photo = open_photo(np.ascontiguousarray(np.rot90(astronaut, -turn)))
    face = finder.find_faces(photo)[0]
    assert face.turn == turn
    corners = np.array(HER_FACE, float).reshape(2, 2)
    expected = np.sort(turn_back(corners, turn, 512, 512), axis=0)
    assert overlap(face.box, expected.reshape(4)) > 0.7


@pytest.mark.parametrize("cut", ["left", "right", "bottom"])
def test_face_over_the_edge_has_a_box_inside_the_photo(finder, astronaut, cut):
    windows = {"left": np.s_[:, 210:], "right": np.s_[:, :235], "bottom": np.s_[:160]}
    photo = open_photo(np.ascontiguousarray(astronaut[windows[cut]]))
    faces = finder.find_faces(photo)
    assert faces
    left, top, right, bottom = faces[0].box
    assert 0 <= left < right <= photo.width
    assert 0 <= top < bottom <= photo.height
    assert all(0 <= x <= photo.width and 0 <= y <= photo.height for x, y in faces[0].landmarks)


@pytest.mark.parametrize("turn", range(4))
def test_turn_back_undoes_rot90(turn):
    picture = np.zeros((4, 7))
    picture[1, 5] = 1
    row, column = np.argwhere(np.rot90(picture, turn))[0]
    center = turn_back(np.array([column + 0.5, row + 0.5]), turn, 7, 4)
    np.testing.assert_array_equal(center, (5.5, 1.5))


@pytest.mark.slow
def test_turned_fairface_is_righted_and_upright_left_alone(finder, fairface_photos):
    """The rates behind README's sentence on turned photos; the aims are 90 % and 0.2 %."""
    upright = [(photo, finder.find_faces(open_photo(photo))) for photo in fairface_photos[:100]]
    photos = [photo for photo, faces in upright if faces]
    wrong = sum(faces[0].turn != 0 for _, faces in upright if faces)
    turned = [
        (np.ascontiguousarray(np.rot90(photo, -1 - index % 3)), 1 + index % 3)
        for index, photo in enumerate(photos)
    ]
    found = [(finder.find_faces(open_photo(photo)), turn) for photo, turn in turned]
    righted = sum(bool(faces) and faces[0].turn == turn for faces, turn in found)
    assert wrong <= 0.002 * len(photos) + 1
    assert righted >= 0.9 * len(photos)


def test_border_off_is_a_setting(astronaut):
    faces = FaceFinder(FaceSettings(border=0.0)).find_faces(open_photo(astronaut))
    assert overlap(faces[0].box, HER_FACE) > 0.7
