"""tracks: a face keeps its number through a shot, and all its frames decide together."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from face_gender.looks import LENGTH, look_of, to_unit
from face_gender.sightings import SeenFrame, Sighting, pool, sharpness_of
from face_gender.tracks import FORGET_SECONDS, Tracker

LOOKS = 127 * np.eye(432, dtype=np.int8)


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


def test_a_gap_is_bridged_and_a_long_absence_is_not():
    gone = round(FORGET_SECONDS * 4)
    back = 0.75 + FORGET_SECONDS + 0.25
    for who, joined in ((0, [3]), (1, [2, 1])):  # in looks
        numbers, tracks = track(
            [[face(0)], [], [], [face(0.75)], *[[]] * gone, [face(back, 0, who)]]
        )
        assert [each for each in numbers if each] == [[1], [1], [2]]
        assert [len(each.sightings) for each in tracks] == joined
    assert tracks[0].seconds == 0.5


def test_who_comes_back_elsewhere_is_known_by_looks():
    still, away = [face(at / 4) for at in range(4)], [[]] * 8
    for who, number in ((0, 1), (1, 2)):
        numbers, _ = track([*([each] for each in still), *away, [face(3.0, 250, who)]])
        assert numbers[-1] == [number]


def test_parts_of_two_faces_make_no_track():
    """A doubtful box over a sure one goes on with a track that is very near, or is none."""
    frames = [[face(at / 4), face(at / 4, 500, 1)] for at in range(4)]
    frames[2].append(face(0.5, 540, 2, confidence=0.99))
    frames[3][1] = face(0.75, 500, 1, confidence=0.99)
    frames[3].append(face(0.75, 540, 2))
    tracker = Tracker()
    for at, faces in enumerate(frames):
        tracker.add(SeenFrame(at, at / 4, 0.25, False, tuple(faces)))
    assert [len(each.sightings) for each in tracker.tracks()] == [4, 4, 1]
    assert [len(each.sightings) for each in tracker.unsure()] == [1]


@pytest.mark.parametrize(("off", "other", "left"), [(30, 90, 4), (30, 900, 5), (5, 90, 5)])
def test_a_box_between_two_faces_is_of_neither(off, other, left):
    """One that lies off the way of its track where another face is near, is left out."""
    frames = [[face(at / 4), face(at / 4, other, 1)] for at in range(5)]
    frames[2] = [face(0.5, off, sharp=9.0)]
    tracker = Tracker()
    for at, faces in enumerate(frames):
        tracker.add(SeenFrame(at, at / 4, 0.25, False, tuple(faces)))
    assert [len(each.sightings) for each in tracker.tracks()] == [left, 4]
    assert [face.box[0] for each in tracker.unsure() for face in each.sightings] == [off] * (
        5 - left
    )
    assert all(each.best.thumbnail for each in tracker.tracks())


def test_two_who_are_there_at_once_are_not_joined():
    _, tracks = track([[face(at / 4), face(at / 4, 500)] for at in range(3)])
    assert len(tracks) == 2


def test_a_cut_ends_every_track():
    numbers, tracks = track([[face(0)], [face(0.25)], [face(0.5)]], cuts=(2,))
    assert numbers == [[1], [1], [2]]
    assert [(each.number, each.shot) for each in tracks] == [(1, 1), (2, 2)]


def test_what_is_never_surely_a_face_is_no_track():
    _, tracks = track([[face(0, confidence=0.8)], [face(0.25, confidence=0.9)]])
    assert tracks == ()


def test_only_the_best_face_keeps_its_thumbnail():
    _, (found,) = track([[face(0)], [face(0.25, sharp=3.0)], [face(0.5)], []], cuts=(3,))
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
    points = np.array(((0.34, 0.4), (0.66, 0.4), (0.5, 0.6), (0.36, 0.75), (0.64, 0.75)))
    blurred = np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(4)))
    assert sharpness_of(blurred) < sharpness_of(crop)
    look = to_unit(look_of(crop, points))
    assert look.shape == (LENGTH,)
    assert look @ to_unit(look_of(blurred, points)) > 0.9
    assert look @ to_unit(look_of(crop // 2, points)) > 0.99
    moved = np.roll(crop, (10, -8), axis=(0, 1))
    shift = np.array((-8, 10)) / crop.shape[0]
    assert look @ to_unit(look_of(moved, points + shift)) > 0.9
    assert look @ to_unit(look_of(moved, points)) < 0.8
    turned = np.ascontiguousarray(np.rot90(crop))
    assert look @ to_unit(look_of(turned, np.stack([points[:, 1], 1 - points[:, 0]], 1))) > 0.9
    assert np.isfinite(to_unit(look_of(crop, np.full((5, 2), 0.5)))).all()
