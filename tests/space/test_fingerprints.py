"""fingerprints: copies of a photo are found, other photos are not."""

import io

import numpy as np
import pytest
from PIL import Image

from face_gender.fingerprints import SeenPhotos


def saved_again(pixels: np.ndarray, side: int, quality: int) -> np.ndarray:
    packed = io.BytesIO()
    Image.fromarray(pixels).resize((side, side)).save(packed, "JPEG", quality=quality)
    return np.asarray(Image.open(packed))


@pytest.mark.parametrize(
    ("change", "original"),
    [
        (lambda pixels: pixels, "a"),
        (lambda pixels: saved_again(pixels, 512, 30), "a"),
        (lambda pixels: saved_again(pixels, 128, 60), "a"),
        (lambda pixels: pixels[:, ::-1], ""),
        (lambda pixels: np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), ""),
    ],
)
def test_which_photo_came_before(astronaut, change, original):
    seen = SeenPhotos()
    assert seen.original_of("a", astronaut) == ""
    changed = change(astronaut)
    assert seen.original_of("b", changed) == original
    assert seen.original_of("c", changed) == (original or "b")
