"""frame_reader: every second frame is searched only near the faces of those around it."""

import numpy as np
import pytest

from face_gender.faces import Face
from face_gender.frame_reader import FrameReader, boxes_between
from face_gender.photo import Photo
from face_gender.reader import PhotoReader
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
