"""track: faces of a camera keep their number, scores come smoothed."""

from dataclasses import replace

import pytest

from face_gender.tracking import Stream, follow, overlap


@pytest.fixture
def seen(reader, astronaut):
    return reader.read(astronaut)


def shown(result, scores, shift=0.0):
    """The result with its face's scores and place changed."""
    (scored,) = result.faces
    left, top, right, bottom = scored.face.box
    moved = replace(scored.face, box=(left + shift, top, right + shift, bottom))
    label = max(scores, key=scores.get)
    return replace(result, faces=(replace(scored, face=moved, scores=scores, label=label),))


MALE, FEMALE = {"Male": 1.0, "Female": 0.0}, {"Male": 0.0, "Female": 1.0}


def test_no_face_no_number(seen):
    empty = replace(seen, faces=())
    stream = follow(Stream(), empty, 0.0)
    assert (stream.faces, stream.in_view(), stream.labels(0.5), stream.rate) == ((), (), {}, 0.0)


def test_scores_are_smoothed_and_boxes_follow(seen):
    stream = follow(Stream(), shown(seen, MALE), 0.0)
    assert stream.labels(0.6) == {1: "Male"}
    stream = follow(stream, shown(seen, FEMALE, 10), 0.1)
    (face,) = stream.in_view()
    assert face.number == 1
    assert 0.85 < face.scores["Male"] < 0.95  # one frame does not turn a decision
    assert sum(face.scores.values()) == pytest.approx(1)
    assert face.box[0] == pytest.approx(seen.faces[0].face.box[0] + 6.3, abs=0.1)
    for step in range(2, 40):
        stream = follow(stream, shown(seen, FEMALE, 10), step / 10)
    assert stream.labels(0.6) == {1: "Female"}
    assert stream.rate == pytest.approx(10, rel=0.01)


def test_gone_for_a_blink_keeps_its_number_and_gone_for_long_does_not(seen):
    empty = replace(seen, faces=())
    stream = follow(follow(Stream(), seen, 0.0), empty, 0.5)
    assert stream.in_view() == ()
    assert [face.number for face in follow(stream, seen, 0.9).in_view()] == [1]
    assert [face.number for face in follow(follow(stream, empty, 2.0), seen, 2.1).in_view()] == [2]


def test_another_place_is_another_face(seen):
    stream = follow(follow(Stream(), seen, 0.0), shown(seen, MALE, 200), 0.1)
    assert [face.number for face in stream.in_view()] == [2]


@pytest.mark.parametrize(
    ("other", "expected"),
    [((0, 0, 2, 2), 1), ((2, 0, 4, 2), 0), ((1, 0, 3, 2), 1 / 3), ((9, 9, 10, 10), 0)],
)
def test_overlap(other, expected):
    assert overlap((0, 0, 2, 2), other) == pytest.approx(expected)
