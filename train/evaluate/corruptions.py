"""Photo and face -> its crop in worse conditions, for the robustness figures."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from face_gender.crops import crop_face
from face_gender.faces import Face
from face_gender.photo import Photo

from ..crops.read import landmarks_in_crop
from ..fit.augment import middle
from ..fit.occluders import COVERING, MASK, SUNGLASSES, occlude

STEP = 0.1  # of the box's longer side, by which it is moved
TURN = 15  # degrees
SMALL = 32  # px, the box's longer side at low resolution

Cut = Callable[[Photo, Face, int, float, np.random.Generator], Image.Image]


def bare(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """The crop as serving cuts it."""
    return Image.fromarray(crop_face(photo, face, size, margin))


def moved(x: int, y: int) -> Cut:
    """A direction -> the cut of a box moved a step that way."""

    def cut(
        photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
    ) -> Image.Image:
        left, top, right, bottom = face.box
        step = STEP * max(right - left, bottom - top)
        box = (left + x * step, top + y * step, right + x * step, bottom + y * step)
        return bare(photo, replace(face, box=box), size, margin, rng)

    return cut


def covered(kind: str) -> Cut:
    """A kind of occluder -> the cut with one painted on, of a shape and fabric new to training."""

    def cut(
        photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
    ) -> Image.Image:
        return occlude(
            bare(photo, face, size, margin, rng),
            landmarks_in_crop(face, size, margin),
            kind,
            rng,
            held_out=True,
        )

    return cut


def turned(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """The head held to the left or right."""
    wide = size + 2 * (size // 4)
    crop = bare(photo, face, wide, ((1 + 2 * margin) * wide / size - 1) / 2, rng)
    return middle(crop.rotate(TURN * rng.choice((-1, 1)), Image.Resampling.BILINEAR), size)


def flipped(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """Left for right."""
    return bare(photo, face, size, margin, rng).transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def blurred(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """Out of focus, by 3 % of the crop's side."""
    return bare(photo, face, size, margin, rng).filter(ImageFilter.GaussianBlur(0.03 * size))


def dimmed(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """With a quarter of the light."""
    return ImageEnhance.Brightness(bare(photo, face, size, margin, rng)).enhance(0.25)


def compressed(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """The photo saved as a JPEG of quality 20 first."""
    packed = io.BytesIO()
    Image.fromarray(photo.pixels).save(packed, "JPEG", quality=20)
    return bare(
        replace(photo, pixels=np.asarray(Image.open(packed).convert("RGB"))),
        face,
        size,
        margin,
        rng,
    )


def small(
    photo: Photo, face: Face, size: int, margin: float, rng: np.random.Generator
) -> Image.Image:
    """The photo scaled so that the face's box is 32 px, and back."""
    left, top, right, bottom = face.box
    shrink = min(1.0, SMALL / (max(right - left, bottom - top) * photo.scale))
    whole = Image.fromarray(photo.pixels)
    less = whole.resize(
        (max(1, round(whole.width * shrink)), max(1, round(whole.height * shrink))),
        Image.Resampling.BILINEAR,
    )
    return bare(
        replace(photo, pixels=np.asarray(less.resize(whole.size, Image.Resampling.BILINEAR))),
        face,
        size,
        margin,
        rng,
    )


CUTS: dict[str, Cut] = {
    "mask": covered(MASK),
    "sunglasses": covered(SUNGLASSES),
    "covered hair": covered(COVERING),
    "blur": blurred,
    "dim": dimmed,
    "face of 32 px": small,
    "JPEG of quality 20": compressed,
    "turned by 15 degrees": turned,
    "flipped": flipped,
    "box moved left": moved(-1, 0),
    "box moved right": moved(1, 0),
    "box moved up": moved(0, -1),
    "box moved down": moved(0, 1),
}
