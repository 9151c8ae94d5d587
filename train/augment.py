"""Stored crop -> another look at the same face, as the camera and the detector might have given it."""

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from .settings import AugmentSettings


def augment(crop: Image.Image, size: int, rng: np.random.Generator, settings: AugmentSettings) -> Image.Image:
    """A stored square crop -> a `size` px crop, moved, flipped, relit and sometimes blurred or partly covered."""
    face = jitter(crop, size, rng, settings)
    if rng.random() < 0.5:
        face = face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for enhance, reach in (
        (ImageEnhance.Brightness, settings.brightness),
        (ImageEnhance.Contrast, settings.contrast),
        (ImageEnhance.Color, settings.colour),
    ):
        face = enhance(face).enhance(rng.uniform(1 - reach, 1 + reach))
    if rng.random() < settings.grey:
        face = face.convert("L").convert("RGB")
    if rng.random() < settings.blur:
        face = face.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.5)))
    if rng.random() < settings.erase:
        face = erase(face, rng)
    return face


def jitter(crop: Image.Image, size: int, rng: np.random.Generator, settings: AugmentSettings) -> Image.Image:
    """A stored crop -> a crop about its middle, moved and scaled within the stored pixels."""
    half = size / 2 * np.exp(rng.uniform(-settings.scale, settings.scale))
    half = min(half, crop.width / 2)
    center = crop.width / 2 + rng.uniform(-settings.shift, settings.shift, 2) * size
    x, y = center.clip(half, crop.width - half)
    return crop.resize((size, size), Image.Resampling.BILINEAR, box=(x - half, y - half, x + half, y + half))


def middle(crop: Image.Image, size: int) -> Image.Image:
    """A stored crop -> serving's crop of the same face: its middle, without any change of a pixel."""
    edge = (crop.width - size) // 2
    return crop.crop((edge, edge, edge + size, edge + size))


def erase(face: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover a rectangle of 2 to 20 % of the face with one grey (Zhong et al. 2020, random erasing)."""
    area, shape = rng.uniform(0.02, 0.2) * face.width**2, np.exp(rng.uniform(-1, 1))
    width, height = (int(min(side, face.width)) for side in (np.sqrt(area * shape), np.sqrt(area / shape)))
    left, top = (int(rng.integers(0, face.width - side + 1)) for side in (width, height))
    covered = face.copy()
    covered.paste((int(rng.integers(0, 256)),) * 3, (left, top, left + width, top + height))
    return covered
