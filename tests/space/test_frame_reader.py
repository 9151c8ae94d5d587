"""frame_reader: most frames are searched only near the faces of those around them."""

import numpy as np
import pytest

from face_gender.faces import Face
from face_gender.frame_reader import EVERY, FrameReader, boxes_between, is_still
from face_gender.photo import Photo
from face_gender.reader import PhotoReader
from face_gender.sightings import Sighting
from face_gender.video import VideoFrame

HERE, NEAR, FAR = (0, 0, 10, 10), (10, 0, 20, 10), (90, 0, 100, 10)


@pytest.mark.parametrize(
    ("before", "after", "midway"),
    [
        ([], [], []),
        ([HERE], [], []),
        ([], [HERE, FAR], []),
        ([HERE], [NEAR], [(5, 0, 15, 10)]),
        ([HERE], [FAR], []),
        ([HERE, FAR], [NEAR], [(5, 0, 15, 10)]),
    ],
)
def test_where_faces_may_be_between(before, after, midway):
    assert boxes_between(before, after) == [*before, *after, *midway]
    assert boxes_between(before, before) == before  # at rest


class Noting:
    """A detector that notes how it was asked: its faces are where a frame's first px says."""

    threads = 2

    def __init__(self) -> None:
        self.whole: list[int] = []
        self.near: dict[int, int] = {}

    def find_faces(self, photo, turned, share):
        self.whole.append(photo.width)
        return [Face((10.0, 10.0, 30.0, 30.0), 1.0, ((20.0, 20.0),) * 5)]

    def find_near(self, photo, boxes):
        self.near[photo.width] = len(boxes)
        return []


def frames(times, light=()):
    """Frames whose width and grey tell them apart; light: indices of those of another shot."""
    for index, time in times:
        grey = index + 200 * (index in light)
        photo = Photo(np.full((40, 40 + index, 3), grey, np.uint8), 40 + index, 40)
        yield VideoFrame(index, time, 0.25, photo)


@pytest.mark.parametrize(
    ("indices", "near"),
    [
        ([], []),
        ([0], []),
        ([0, 1], []),  # none follows the second
        ([0, 1, 2, 3, 4], [1, 2, 3]),
        ([0, 1, 2, 3], [1]),  # none follows the last
        ([1, 2, 3, 4], [3]),  # after a start
        ([0, 1, 3, 4, 5, 6], [5]),  # of a variable rate
    ],
)
@pytest.mark.parametrize("rate", [4, 2])
def test_which_frames_are_searched_near_known_faces(reader, indices, near, rate):
    finder = Noting()
    looking = FrameReader(PhotoReader(finder, reader.scorer), 1 / 24)
    seen = list(looking.read(frames((at, at / rate) for at in indices)))
    expected = near if rate == 4 else []
    assert [frame.index for frame, _ in seen] == indices
    assert sorted(finder.near) == [40 + at for at in expected]
    assert sorted(finder.whole) == [40 + at for at in indices if at not in expected]
    assert set(finder.near.values()) <= {1}  # a face at rest


def test_a_shot_between_two_others_is_searched(reader):
    finder = Noting()
    shots = frames([(at, at / 4) for at in range(9)], light=(1, 2, 7, 8))
    list(FrameReader(PhotoReader(finder, reader.scorer), 1 / 24).read(shots))
    assert sorted(width - 40 for width in finder.whole) == [0, 2, 4, 8]


LOOKS = 127 * np.eye(432, dtype=np.int8)


@pytest.mark.parametrize(
    ("box", "who", "sharpness", "still"),
    [
        (HERE, 0, 1.0, True),
        ((1, 0, 11, 10), 0, 1.1, True),
        ((2, 0, 12, 10), 0, 1.0, False),  # moved
        (HERE, 1, 1.0, False),  # turned, or another
        (HERE, 0, 1.3, False),  # better to see
    ],
)
def test_a_face_that_has_not_changed(box, who, sharpness, still):
    old, new = (
        Sighting(0.0, 0.25, where, 1.0, (), sharp, LOOKS[of])
        for where, sharp, of in ((HERE, 1.0, 0), (box, sharpness, who))
    )
    assert is_still(old, new) is still


class Telling:
    """A scorer whose scores tell the grey of a crop, which is its frame's index."""

    def __init__(self, scorer) -> None:
        self.model, self.size, self.seen = scorer.model, scorer.size, 0

    def score_crops(self, crops):
        self.seen += len(crops)
        return np.array([[crop.mean(), 0.0] for crop in crops]).reshape(-1, 2)


class AtRest(Noting):
    """A detector that always finds the one face."""

    def find_near(self, photo, boxes):
        return self.find_faces(photo, False, 0.0)


def scored(reader, times) -> dict[int, int]:
    """Frames' indices and times -> whose scores the face in each has."""
    scorer = Telling(reader.scorer)
    looks = FrameReader(PhotoReader(AtRest(), scorer), 1 / 24).read(frames(times))
    found = {frame.index: round(look.faces[0].scores[0]) for frame, look in looks}
    assert scorer.seen == len({*found.values()})
    return found


@pytest.mark.parametrize(
    ("indices", "rate", "of"),
    [
        ([], 4, []),
        ([0, 1, 2, 3, 4, 5], 4, [0, 0, 2, 2, 4, 5]),  # none follows the last
        ([2, 3, 4], 4, [2, 2, 4]),  # after a start
        ([0, 1, 2, 3], 2, [0, 1, 2, 3]),  # too far apart
    ],
)
def test_a_face_at_rest_is_scored_in_every_second_frame(reader, indices, rate, of):
    found = scored(reader, [(at, at / rate) for at in indices])
    assert list(found.items()) == list(zip(indices, of, strict=True))


def test_a_job_that_goes_on_scores_the_same(reader):
    """It reads again from the last frame that was searched whole."""
    times = [(at, at / 4) for at in range(11)]
    whole = scored(reader, times)
    for known in range(1, 11):
        found = scored(reader, times[(known - 1) // EVERY * EVERY :])
        assert {at: found[at] for at in range(known, 11)} == {
            at: whole[at] for at in range(known, 11)
        }
