"""Stored crop -> another view of the face, as a different camera, light or detector would show it.

The steps, in order: paint a mask, sunglasses or head covering; shift, scale and rotate within the
stored pixels; flip; brightness, contrast, colour; grey; blur; low resolution; JPEG; a grey
rectangle. AugmentSettings says how far each step goes, or how often it happens. We do not use
torchvision.transforms.v2: it draws from torch's global generator, and a restarted run must repeat
the same changes for the same face and epoch.
"""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from face_gender.crops import GREY

from ..settings import AugmentSettings
from .occluders import COVERING, MASK, SUNGLASSES, occlude


def augment(
    crop: Image.Image,
    size: int,
    rng: np.random.Generator,
    settings: AugmentSettings,
    landmarks: Sequence[float] | None = None,
) -> Image.Image:
    """A stored square crop, and its landmarks if known -> a randomly changed `size` px crop."""
    face = jitter(put_on(crop, landmarks, rng, settings), size, rng, settings)
    if rng.random() < 0.5:
        face = face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    face = degrade(relight(face, rng, settings), rng, settings)
    return erase(face, rng) if rng.random() < settings.erase_prob else face


def put_on(
    crop: Image.Image,
    landmarks: Sequence[float] | None,
    rng: np.random.Generator,
    settings: AugmentSettings,
) -> Image.Image:
    """Paint a mask, sunglasses or head covering at random, if the landmarks are known."""
    for kind, chance in (
        (MASK, settings.mask_prob),
        (SUNGLASSES, settings.sunglasses_prob),
        (COVERING, settings.covering_prob),
    ):
        if landmarks and rng.random() < chance:
            crop = occlude(crop, landmarks, kind, rng)
    return crop


def jitter(
    crop: Image.Image, size: int, rng: np.random.Generator, settings: AugmentSettings
) -> Image.Image:
    """A stored crop -> its middle, randomly shifted, scaled and rotated; grey beyond the edges."""
    scale = np.exp(rng.uniform(-settings.scale, settings.scale))
    x, y = crop.width / 2 + rng.uniform(-settings.shift, settings.shift, 2) * size
    turn = np.radians(rng.uniform(-settings.rotation, settings.rotation))
    across, down = scale * np.cos(turn), scale * np.sin(turn)
    half = size / 2
    matrix = (across, -down, x - half * (across - down), down, across, y - half * (across + down))
    return crop.transform(
        (size, size),
        Image.Transform.AFFINE,
        matrix,
        Image.Resampling.BILINEAR,
        fillcolor=(GREY,) * 3,
    )


def middle(crop: Image.Image, size: int, right: int = 0, down: int = 0) -> Image.Image:
    """A stored crop -> its middle, exactly the serving crop; `right` and `down` shift it, in px."""
    edge = (crop.width - size) // 2
    return crop.crop((edge + right, edge + down, edge + right + size, edge + down + size))


def relight(face: Image.Image, rng: np.random.Generator, settings: AugmentSettings) -> Image.Image:
    """Change brightness, contrast and colour; sometimes turn the face grey."""
    for enhance, reach in (
        (ImageEnhance.Brightness, settings.brightness),
        (ImageEnhance.Contrast, settings.contrast),
        (ImageEnhance.Color, settings.colour),
    ):
        face = enhance(face).enhance(rng.uniform(1 - reach, 1 + reach))
    return face.convert("L").convert("RGB") if rng.random() < settings.grey_prob else face


def degrade(face: Image.Image, rng: np.random.Generator, settings: AugmentSettings) -> Image.Image:
    """Imitate bad lenses, small pictures and strong compression."""
    if rng.random() < settings.blur_prob:
        face = face.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.5)))
    if rng.random() < settings.low_res_prob:
        face = shrink(face, rng.uniform(settings.low_res_side, face.width))
    return compress(face, int(rng.integers(20, 90))) if rng.random() < settings.jpeg_prob else face


def shrink(face: Image.Image, side: float) -> Image.Image:
    """A crop -> the same crop, with the detail of one only `side` px wide."""
    small = face.resize((max(1, round(side)),) * 2, Image.Resampling.BILINEAR)
    return small.resize(face.size, Image.Resampling.BILINEAR)


def compress(face: Image.Image, quality: int) -> Image.Image:
    """A picture -> the same after JPEG compression at `quality`, 1..95."""
    packed = io.BytesIO()
    face.save(packed, "JPEG", quality=quality)
    return Image.open(packed).convert("RGB")


def erase(face: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover 2 to 20 % of the face with a grey rectangle (random erasing, Zhong et al. 2020)."""
    area, shape = rng.uniform(0.02, 0.2) * face.width**2, np.exp(rng.uniform(-1, 1))
    width, height = (
        int(min(side, face.width)) for side in (np.sqrt(area * shape), np.sqrt(area / shape))
    )
    left, top = (int(rng.integers(0, face.width - side + 1)) for side in (width, height))
    covered = face.copy()
    covered.paste((int(rng.integers(0, 256)),) * 3, (left, top, left + width, top + height))
    return covered
