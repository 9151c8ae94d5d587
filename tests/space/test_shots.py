"""shots: a cut changes colours and places; nothing else changes both."""

import numpy as np
import pytest
from skimage import data

from face_gender.shots import is_cut, view_of


def shown(name: str) -> np.ndarray:
    return np.ascontiguousarray(getattr(data, name)()[:300, :400])


@pytest.mark.parametrize(
    ("before", "after", "cut"),
    [
        (np.zeros((9, 16, 3), np.uint8), np.zeros((9, 16, 3), np.uint8), False),
        (shown("astronaut"), shown("coffee"), True),
        (shown("coffee"), shown("chelsea"), True),
        (shown("astronaut"), np.zeros((300, 400, 3), np.uint8), True),
        (shown("astronaut"), shown("astronaut")[:, ::-1], False),  # the same colours
        (shown("astronaut"), shown("astronaut") // 2, False),  # a fade
        (
            shown("coffee"),
            np.clip(shown("coffee") * 1.6, 0, 255).astype(np.uint8),
            False,
        ),  # a flash
        (shown("coffee")[:, :300], shown("coffee")[:, 60:360], False),  # a pan
        (shown("chelsea"), shown("chelsea")[30:270, 40:360], False),  # a zoom
    ],
)
def test_cuts(before, after, cut):
    assert is_cut(view_of(before), view_of(after)) is cut
