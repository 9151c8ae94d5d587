"""A decoded picture and the colour profile that came with it -> the same picture in sRGB."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE = 4_000_000  # bytes; those of printers have about 2 MB
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # a profile's colours -> the mode it is for
UNSEEN = 2  # grey levels; a profile that changes no colour by more is as good as sRGB
DARKEST_WHITE, LIGHTEST_BLACK = 224, 96  # a profile that goes beyond is broken
SRGB = ImageCms.createProfile("sRGB")
STEPS = np.linspace(0, 255, 9).round().astype(np.uint8)


def to_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """A picture without transparency, 8 bits a channel, and its ICC profile -> RGB, in sRGB.

    profile: bytes; where there is none, or it is broken or made for other colours, it is ignored
    """
    found = _transform(profile) if _may_be_profile(profile) else None
    if found is not None:
        mode, transform = found
        if picture.mode == mode:
            return transform.apply(picture)
        if mode == "RGB" and picture.mode != "CMYK":
            return transform.apply(picture.convert("RGB"))
    return picture.convert("RGB")


def changes_colours(profile: object) -> bool:
    """Whether an ICC profile is sound and no sRGB."""
    return _may_be_profile(profile) and _transform(profile) is not None  # type: ignore[arg-type]


def _may_be_profile(profile: object) -> bool:
    return isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE


@lru_cache(maxsize=16)  # a folder's photos mostly come from one or two cameras
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """A profile -> the mode it is for, and what turns that into sRGB; None where nothing should."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = MODES[source.profile.xcolor_space.strip()]
        transform = ImageCms.buildTransform(
            source,
            SRGB,
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,  # with the black point, as browsers do
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        useful = _is_sound(transform, mode) and not _is_srgb(transform, mode)
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError):
        return None
    return (mode, transform) if useful else None


def _is_sound(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether black stays dark, white stays light, and greys stay in their order."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    black = Image.new("L", ramp.size)
    inks = (black, black, black, ramp.point(lambda value: 255 - value))
    greys = Image.merge("CMYK", inks) if mode == "CMYK" else ramp.convert(mode)
    levels = np.asarray(transform.apply(greys), int)[0]
    rising = np.diff(levels.sum(axis=1)).min() >= -UNSEEN
    return bool(rising and levels[0].max() <= LIGHTEST_BLACK and levels[-1].min() >= DARKEST_WHITE)


def _is_srgb(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a chart of colours stays as it is."""
    if mode == "CMYK":
        return False
    cube = np.stack(np.meshgrid(STEPS, STEPS, STEPS), axis=-1).reshape(1, -1, 3)
    chart = Image.fromarray(cube if mode == "RGB" else STEPS[None])
    moved = np.asarray(transform.apply(chart), int) - np.asarray(chart.convert("RGB"), int)
    return bool(np.abs(moved).max() <= UNSEEN)
