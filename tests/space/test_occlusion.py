"""occlusion: what a score depends on."""

import numpy as np
import pytest

from face_gender.occlusion import draw_drops, find_drops, hide_cells, say_drops


def bright_corner(crops) -> np.ndarray:
    """A scorer that looks at nothing but the top left sixteenth."""
    seen = np.array([crop[:8, :8].mean() / 255 for crop in crops])
    return np.stack([1 - seen, seen], axis=1)


def test_only_what_the_scorer_looks_at_matters():
    drops = find_drops(np.full((32, 32, 3), 255, np.uint8), 1, bright_corner, cells=4)
    assert drops.shape == (4, 4)
    assert drops[0, 0] == drops.max() == pytest.approx(128 / 255, abs=0.01)
    assert (drops[2:] == 0).all()
    assert (drops[:, 2:] == 0).all()


@pytest.mark.parametrize("size", [8, 47, 96])
def test_every_pixel_is_hidden_at_some_time(size):
    hidden = np.stack(hide_cells(np.zeros((size, size, 3), np.uint8)))
    assert hidden.shape == (64, size, size, 3)
    assert hidden.any(axis=0).all()


@pytest.mark.parametrize("drops", [np.zeros((8, 8)), -np.ones((8, 8)), np.eye(8)])
def test_drawing_is_a_picture_whatever_the_drops(drops):
    picture = draw_drops(np.zeros((48, 48, 3), np.uint8), drops, side=100)
    assert (picture.size, picture.mode) == ((100, 100), "RGB")


@pytest.mark.parametrize(
    ("most", "brightest", "said"),
    [
        (-0.2, 2, "No part mattered much: hiding any lowers its score for Male by 0.00 at most."),
        (0.0007, 2, "No part mattered much: hiding any lowers its score for Male by 0.00 at most."),
        (0.049, 20, "No part mattered much: hiding any lowers its score for Male by 0.05 at most."),
        (0.25, 113, "Hiding the brightest part lowers its score for Male by 0.25."),
        (0.5, 152, "Hiding the brightest part lowers its score for Male by 0.50."),
        (0.77, 152, "Hiding the brightest part lowers its score for Male by 0.77."),
    ],
)
def test_one_scale_for_every_map(most, brightest, said):
    picture = draw_drops(np.zeros((48, 48, 3), np.uint8), np.full((8, 8), most))
    assert np.asarray(picture, int).max() == pytest.approx(brightest, abs=3)
    assert say_drops(np.full((8, 8), most), "Male") == said


def test_reader_explains_its_own_faces(reader, astronaut):
    scored = reader.read(astronaut).faces[0]
    before = scored.crop.copy()
    drops = reader.explain(scored)
    assert drops.shape == (8, 8)
    assert np.abs(drops).max() > 1e-4
    np.testing.assert_array_equal(scored.crop, before)
