"""Pictures shown one after another -> cuts found, and cuts seen where there are none."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from PIL import Image
from skimage import data

from face_gender.reader import PhotoReader
from face_gender.shots import is_cut, view_of
from tests.bench.video.made import faces


def shots(reader: PhotoReader) -> Iterator[str]:
    """Pictures shown one after another, still, panned, zoomed and flashed -> cuts found."""
    photos = [np.asarray(photo) for photo, _ in faces(200, skip=4000)]
    names = ("astronaut", "coffee", "chelsea", "rocket", "motorcycle_left")
    large = [Image.fromarray(getattr(data, name)()) for name in names if hasattr(data, name)]
    cuts = [is_cut(view_of(a), view_of(b)) for a, b in pairwise(photos)]
    others = [is_cut(view_of(a), view_of(b)) for a in photos[:60] for b in _variants(a)]
    moved = [
        is_cut(view_of(np.asarray(a)), view_of(np.asarray(b)))
        for photo in large
        for a, b in pairwise(_pan(photo))
    ]
    yield f"cuts between {len(photos)} photos: {np.mean(cuts):.1%} found"
    yield f"false cuts at flashes, fades, zooms: {np.mean(others):.1%} of {len(others)}"
    yield f"false cuts in pans, 8 % of the width a frame: {np.mean(moved):.1%} of {len(moved)}"


def _variants(photo: np.ndarray) -> list[np.ndarray]:
    bright = np.clip(photo.astype(float) * 1.7, 0, 255).astype(np.uint8)
    return [bright, photo // 2, photo[20:-20, 20:-20], np.roll(photo, 15, 1)]


def _pan(photo: Image.Image) -> list[Image.Image]:
    width, height = photo.width // 2, photo.height // 2
    step = max(1, round(0.08 * width))
    return [photo.crop((x, 0, x + width, height)) for x in range(0, photo.width - width, step)]
