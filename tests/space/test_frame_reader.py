"""frame_reader: every second frame is searched only near the faces of those around it."""

import numpy as np
import pytest

from face_gender.faces import Face
from face_gender.frame_reader import FrameReader, boxes_between, is_still
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


def frames(times):
    """Frames of 4 a second, whose width tells them apart."""
    for index, time in times:
        photo = Photo(np.zeros((40, 40 + index, 3), np.uint8), 40 + index, 40)
        yield VideoFrame(index, time, 0.25, photo)


@pytest.mark.parametrize(
    ("indices", "near"),
    [
        ([], []),
        ([0], []),
        ([0, 1], []),  # none follows the second
        ([0, 1, 2, 3, 4], [1, 3]),
        ([1, 2, 3, 4], [3]),  # after a start or a kill
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


class Counting:
    """A scorer that gives every crop another score."""

    def __init__(self, scorer) -> None:
        self.model, self.size, self.seen = scorer.model, scorer.size, 0

    def score_crops(self, crops):
        first, self.seen = self.seen, self.seen + len(crops)
        return np.array([[at, 0.0] for at in range(first, self.seen)]).reshape(-1, 2)


@pytest.mark.parametrize(
    ("indices", "rate", "scored"),
    [
        ([], 4, 0),
        ([0, 1, 2, 3, 4, 5], 4, 3),  # none follows the last
        ([2, 3, 4], 4, 2),  # after a start
        ([0, 2, 4], 4, 2),
        ([0, 1, 2, 3, 4], 2, 5),  # too far apart
    ],
)
def test_a_face_at_rest_is_scored_once_in_four_frames(reader, indices, rate, scored):
    class Still(Noting):
        threads = 1

        def find_near(self, photo, boxes):
            return self.find_faces(photo, False, 0.0)

    scorer = Counting(reader.scorer)
    looking = FrameReader(PhotoReader(Still(), scorer), 1 / 24)
    seen = list(looking.read(frames((at, at / rate) for at in indices)))
    assert scorer.seen == scored
    assert len({look.faces[0].scores for _, look in seen}) == scored
