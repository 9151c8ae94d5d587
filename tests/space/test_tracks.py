"""tracks: a face keeps its number through a shot, and all its frames decide together."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from face_gender.looks import LENGTH, look_of, to_unit
from face_gender.sightings import SeenFrame, Sighting, pool, sharpness_of
from face_gender.tracks import Tracker

LOOKS = 127 * np.eye(432, dtype=np.int8)


def face(time, x=0.0, who=0, scores=(0.5, 0.5), confidence=1.0, size=100.0, sharp=1.0, y=0.0):
    box = (x, y, x + size, y + size)
    return Sighting(time, 0.25, box, confidence, scores, sharp, LOOKS[who], b"jpeg")


def track(frames, cuts=()):
    """Frames' faces -> the number of each face's track, 0 where it has none, and the tracks."""
    tracker = Tracker()
    for at, faces in enumerate(frames):
        tracker.add(SeenFrame(at, at / 4, 0.25, at in cuts, tuple(faces)))
    tracks = tracker.tracks()
    numbers = {(x.time, x.box): each.number for each in tracks for x in each.sightings}
    unsure = [x for each in tracker.unsure() for x in each.sightings]
    found = [[numbers.get((each.time, each.box), 0) for each in faces] for faces in frames]
    assert sum(found, []).count(0) == len(unsure)
    return found, tracks


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


@pytest.mark.parametrize("who", [0, 1])  # in looks
def test_faces_that_cross_keep_their_numbers(who):
    """By their looks, or by their motion where they look alike."""
    frames = [[face(at / 4, 60 * at), face(at / 4, 420 - 60 * at, who, y=30)] for at in range(8)]
    numbers, _ = track(frames)
    assert numbers == [[1, 2]] * 8


@pytest.mark.parametrize(
    ("away", "x", "who", "number"),
    [(2, 0, 0, 1), (8, 250, 0, 1), (8, 250, 1, 2), (40, 0, 0, 1), (40, 0, 1, 2)],
)
def test_who_comes_back_is_known_by_looks(away, x, who, number):
    still, back = range(4), range(4 + away, 8 + away)
    numbers, tracks = track(
        [
            *([face(at / 4)] for at in still),
            *[[]] * away,
            *([face(at / 4, x, who)] for at in back),
        ]
    )
    assert [each for each in numbers if each] == [[1]] * 4 + [[number]] * 4
    assert tracks[-1].seconds == (2.0 if number == 1 else 1.0)


def test_one_who_takes_anothers_place_is_another():
    """Looks tell two who were near each other, whatever the way they went."""
    before = [[face(at / 4, 0, 0), face(at / 4, 150, 1)] for at in range(6)]
    after = [[face(at / 4, 0, 1), face(at / 4, 150, 0)] for at in range(8, 14)]
    numbers, _ = track([*before, [], [], *after])
    assert [each for each in numbers if each] == [[1, 2]] * 6 + [[2, 1]] * 6


@pytest.mark.parametrize(("x", "confidence"), [(540, 0.99), (540, 1.0), (30, 0.99)])
def test_parts_of_two_faces_make_no_track(x, confidence):
    """A box over a face, which does not look like it, is nobody's."""
    frames = [[face(at / 4), face(at / 4, 500, 1)] for at in range(6)]
    frames[2].append(face(0.5, x, 2, confidence=confidence))
    numbers, tracks = track(frames)
    assert numbers[2] == [1, 2, 0]
    assert [len(each.sightings) for each in tracks] == [6, 6]


@pytest.mark.parametrize(("off", "other", "left"), [(30, 70, 4), (30, 900, 5), (5, 70, 5)])
def test_a_box_between_two_faces_is_of_neither(off, other, left):
    """One that lies off the way of its track where another face is near, is left out."""
    frames = [[face(at / 4), face(at / 4, other, 1)] for at in range(5)]
    frames[2] = [face(0.5, off, sharp=9.0)]
    numbers, tracks = track(frames)
    assert numbers[2] == [int(left == 5)]
    assert [len(each.sightings) for each in tracks] == [left, 4]
    assert all(each.best.thumbnail for each in tracks)


def test_a_long_shot_is_settled_piece_by_piece(monkeypatch):
    """Who is there all the time keeps the number; looks are held of the newest pieces only."""
    monkeypatch.setattr("face_gender.tracks.AT_ONCE", 3)
    frames = [[face(at / 4, who=0), face(at / 4, 500, 1 + at // 10)] for at in range(100)]
    frames = [faces if at % 10 < 6 else [] for at, faces in enumerate(frames)]
    numbers, tracks = track(frames)
    assert [len(each.sightings) for each in tracks] == [60] + [6] * 10
    assert not any(len(x.look) for each in tracks for x in each.sightings)
    assert all(each.best.thumbnail for each in tracks)


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
