"""tracks: a face keeps its number through a shot, and all its frames decide together."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from face_gender.sightings import SeenFrame, Sighting, look_of, pool, sharpness_of
from face_gender.tracks import Tracker

LOOKS = np.eye(192, dtype=np.float32)


def face(time, x=0.0, who=0, scores=(0.5, 0.5), confidence=1.0, size=100.0, sharp=1.0, y=0.0):
    box = (x, y, x + size, y + size)
    return Sighting(time, 0.25, box, confidence, scores, sharp, LOOKS[who], b"jpeg")


def track(frames, cuts=()):
    tracker = Tracker()
    numbers = [
        tracker.add(SeenFrame(at, at / 4, 0.25, at in cuts, tuple(faces)))
        for at, faces in enumerate(frames)
    ]
    return numbers, tracker.tracks()


def test_no_face_no_track():
    assert track([]) == ([], ())
    assert track([[], []]) == ([[], []], ())


def test_a_face_keeps_its_number_and_another_gets_its_own():
    numbers, tracks = track([[face(at / 4, 10 * at), face(at / 4, 500, 1)] for at in range(5)])
    assert numbers == [[1, 2]] * 5
    assert [(each.number, each.start, each.end, each.seconds) for each in tracks] == [
        (1, 0.0, 1.25, 1.25),
        (2, 0.0, 1.25, 1.25),
    ]


def test_faces_that_cross_keep_their_numbers():
    frames = [[face(at / 4, 60 * at, 0), face(at / 4, 420 - 60 * at, 1)] for at in range(8)]
    numbers, _ = track(frames)
    assert numbers == [[1, 2]] * 8


def test_faces_that_look_alike_and_cross_keep_their_numbers_by_their_motion():
    frames = [[face(at / 4, 60 * at), face(at / 4, 420 - 60 * at, y=30)] for at in range(8)]
    numbers, _ = track(frames)
    assert numbers == [[1, 2]] * 8


def test_a_blink_is_bridged_and_a_long_absence_is_not():
    numbers, tracks = track([[face(0)], [], [], [face(0.75)], *[[]] * 6, [face(2.5)]])
    assert [each for each in numbers if each] == [[1], [1], [2]]
    assert tracks[0].seconds == 0.5


def test_a_cut_ends_every_track():
    numbers, tracks = track([[face(0)], [face(0.25)], [face(0.5)]], cuts=(2,))
    assert numbers == [[1], [1], [2]]
    assert [each.shot for each in tracks] == [1, 2]


def test_what_is_never_surely_a_face_is_no_track():
    _, tracks = track([[face(0, confidence=0.8)], [face(0.25, confidence=0.9)]])
    assert tracks == ()


def test_only_the_best_face_keeps_its_thumbnail():
    _, (found,) = track([[face(0)], [face(0.25, sharp=3.0)], [face(0.5)]])
    assert [bool(each.thumbnail) for each in found.sightings] == [False, True, False]
    assert found.best.time == 0.25


@pytest.mark.parametrize(
    ("faces", "first"),
    [
        ([face(0, scores=(0.9, 0.1))], 0.9),
        ([face(0, scores=(0.9, 0.1)), face(1, scores=(0.1, 0.9))], 0.5),
        ([face(0, scores=(0.9, 0.1), size=300), face(1, scores=(0.1, 0.9))], 0.75),
        ([face(0, scores=(1.0, 0.0))], 1.0),
    ],
)
def test_pooled_scores_are_weighted_by_size(faces, first):
    pooled = pool(faces)
    assert sum(pooled) == pytest.approx(1)
    assert pooled[0] == pytest.approx(first, abs=1e-5)


def test_a_blurred_face_is_less_sharp_and_looks_the_same(astronaut):
    crop = astronaut[66:196, 160:290]
    blurred = np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(4)))
    assert sharpness_of(blurred) < sharpness_of(crop)
    assert look_of(crop) @ look_of(blurred) > 0.9
    assert look_of(crop) @ look_of(crop // 2) > 0.99
