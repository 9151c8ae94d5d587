"""relabel: another threshold, a smaller photo, counts."""

from dataclasses import replace

import numpy as np
import pytest

from face_gender.model_folder import UNCERTAIN
from face_gender.result import count_labels, reason_of, relabel, shrink_photo, upright


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], [("Male", 0, 0), ("Female", 0, 0), (UNCERTAIN, 0, 0)]),
        (
            ["Female", "Male", "Female", UNCERTAIN],
            [("Male", 1, 0.25), ("Female", 2, 0.5), (UNCERTAIN, 1, 0.25)],
        ),
    ],
)
def test_counts(found, expected):
    counts = count_labels(found, ("Male", "Female"))
    assert [(count.label, count.n, count.share) for count in counts] == expected
    for count in counts:
        assert count.interval[0] <= count.share <= count.interval[1]


def test_threshold_decides_anew_and_says_why(reader, astronaut):
    result = reader.read(astronaut)
    score = max(result.faces[0].scores.values())
    above, below = relabel(result, score + 1e-6), relabel(result, score)
    assert (above.faces[0].label, above.threshold) == (UNCERTAIN, score + 1e-6)
    assert below.faces[0].label == max(result.faces[0].scores, key=result.faces[0].scores.get)
    assert reason_of(above.faces[0], above.threshold).endswith(": uncertain")
    assert "below" in reason_of(above.faces[0], above.threshold)
    assert reason_of(below.faces[0], below.threshold).endswith(f": {below.faces[0].label}")
    assert relabel(result, result.threshold).to_dict() == result.to_dict()
    scored, close = above.faces[0], 0.98765 + 1e-4
    scored = replace(scored, scores={"Male": 0.98765, "Female": 0.01235})
    assert reason_of(scored, close) == "Male 0.9877, below 0.9878: uncertain"


@pytest.mark.parametrize("turn", range(4))
def test_upright_turns_photo_and_boxes_alike(reader, astronaut, turn):
    lying = reader.read(np.ascontiguousarray(np.rot90(astronaut[:, :400], -turn)))
    assert lying.faces[0].face.turn == turn
    stood, straight = upright(lying), reader.read(astronaut[:, :400])
    np.testing.assert_array_equal(stood.photo.pixels, straight.photo.pixels)
    assert (stood.photo.width, stood.photo.height) == (400, 512)
    assert stood.faces[0].face.turn == 0
    np.testing.assert_allclose(stood.faces[0].face.box, straight.faces[0].face.box, atol=1)
    np.testing.assert_allclose(
        stood.faces[0].face.landmarks, straight.faces[0].face.landmarks, atol=1
    )
    assert upright(replace(lying, faces=())).photo is lying.photo


def test_shrinking_keeps_boxes_and_original_size(reader, astronaut):
    result = reader.read(astronaut)
    small = shrink_photo(result, 100)
    assert small.photo.pixels.shape == (100, 100, 3)
    assert small.to_dict() == result.to_dict()
    np.testing.assert_array_equal(shrink_photo(result, 9999).photo.pixels, result.photo.pixels)
