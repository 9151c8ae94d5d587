"""Colour profiles: whatever a photo is stored in, its colours come out as sRGB."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from face_gender.colours import MAX_PROFILE
from face_gender.photo import open_once, open_photo
from tests.support.profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    PROPHOTO,
    cmyk_profile,
    grey_profile,
    rgb_profile,
)

PROFILES = {"P3": DISPLAY_P3, "Adobe": ADOBE_RGB, "ProPhoto": PROPHOTO}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NEGATIVE = rgb_profile(*DISPLAY_P3).replace(
    b"curv" + bytes(7) + b"\1\2\x33\0\0", b"curv" + bytes(7) + b"\2\xff\xff\0\0"
)


def encode(picture: Image.Image, kind: str, profile: bytes | None = None, **options) -> bytes:
    packed = io.BytesIO()
    picture.save(packed, kind, **({"icc_profile": profile} if profile else {}), **options)
    return packed.getvalue()


@pytest.fixture(scope="module")
def scene(astronaut) -> Image.Image:
    return Image.fromarray(astronaut[60:188, 140:300])


def stored_in(profile: bytes, picture: Image.Image) -> Image.Image:
    """An sRGB picture -> the numbers that a camera with this profile writes for it."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    stored = ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), target)
    del stored.info["icc_profile"]
    return stored


def apart(one, other) -> float:
    """The mean difference of two pictures, in grey levels."""
    return float(np.abs(np.asarray(one, int) - np.asarray(other, int)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("name", PROFILES)
def test_what_a_camera_stored_comes_out_as_it_was(scene, name, kind):
    profile = rgb_profile(*PROFILES[name])
    stored = stored_in(profile, scene)
    lossy = 0.5 if kind in ("PNG", "TIFF") else 4
    assert apart(open_photo(encode(stored, kind, profile)).pixels, scene) < 0.8 + lossy
    assert apart(open_photo(encode(stored, kind)).pixels, scene) > (
        2.5 if kind in ("PNG", "TIFF") else 3
    )


@pytest.mark.parametrize(
    "profile",
    [None, b"", b"no profile", SRGB, SRGB[:300], rgb_profile(*PROPHOTO)[:200], grey_profile(1.0),
     cmyk_profile(), NEGATIVE,
     rgb_profile(((0, 0, 0),) * 3, 2.2), rgb_profile(*PROPHOTO).ljust(MAX_PROFILE + 1, b"\0")],
    ids=["none", "empty", "no profile", "sRGB", "cut sRGB", "cut", "of greys",
         "of inks", "negative", "black", "huge"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_what_is_no_use_is_ignored(scene, kind, profile):
    plain = open_photo(encode(scene, kind)).pixels
    np.testing.assert_array_equal(open_photo(encode(scene, kind, profile)).pixels, plain)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "YCbCr"])
def test_modes_with_a_profile_of_colours(mode):
    picture = Image.new("RGB", (8, 8), (128, 128, 128)).convert(
        mode, dither=Image.Dither.NONE, palette=Image.Palette.ADAPTIVE
    )
    picture.info["icc_profile"] = rgb_profile(DISPLAY_P3[0], 1.0)
    expected = 255 if mode == "1" else 188  # half the light
    np.testing.assert_allclose(open_photo(picture).pixels, expected, atol=2)


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_greys_with_a_profile_of_greys(mode):
    if mode == "I;16":
        picture = Image.fromarray(np.full((8, 8), 128 * 257, np.uint16))
    else:
        picture = Image.new("L", (8, 8), 128).convert(mode)
    np.testing.assert_allclose(
        open_photo(encode(picture, "PNG", grey_profile(1.0))).pixels, 188, atol=2
    )


@pytest.mark.parametrize(
    ("profile", "expected"), [(None, (0, 255, 255)), (cmyk_profile(), (70, 152, 230))]
)
def test_inks(profile, expected):
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    photo = open_photo(encode(cyan, "TIFF", profile))
    np.testing.assert_allclose(photo.pixels, np.full((8, 8, 3), expected), atol=5)


def test_white_paper_stays_white_under_transparency():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (open_photo(encode(clear, "PNG", rgb_profile(*PROPHOTO))).pixels == 255).all()


def test_a_large_jpeg_is_decoded_small_and_converted(scene):
    profile = rgb_profile(*PROPHOTO)
    large = stored_in(profile, scene).resize((1280, 1024))
    photo = open_photo(encode(large, "JPEG", profile, quality=95), side=160)
    assert (photo.width, photo.height, photo.pixels.shape) == (1280, 1024, (128, 160, 3))
    assert apart(photo.pixels, scene) < 4


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "HEIF"])
@pytest.mark.parametrize("profile", [rgb_profile(*DISPLAY_P3), None], ids=["P3", "none"])
def test_only_pixels_that_are_kept_are_converted(scene, kind, profile):
    large = (stored_in(profile, scene) if profile else scene).resize((1280, 1024))
    content = encode(large, kind, profile)
    whole, photo = open_photo(content), open_photo(content, side=160)
    assert (photo.width, photo.height) == (1280, 1024)
    if profile is None:
        np.testing.assert_array_equal(photo.pixels, whole.pixels)
        return
    assert photo.pixels.shape == (128, 160, 3)
    expected = Image.fromarray(whole.pixels).reduce(8)
    assert np.abs(np.asarray(expected, int) - photo.pixels).max() <= 5
    assert apart(expected, photo.pixels) < 0.5


@pytest.mark.parametrize("kind", ["PNG", "HEIF", "JPEG", "TIFF"])
def test_a_photo_opened_once_is_the_same_at_every_size(scene, kind):
    upside_down = Image.Exif()
    upside_down[0x0112] = 3
    large, profile = scene.resize((1280, 1024)), rgb_profile(*DISPLAY_P3)
    content = encode(large, kind, profile, exif=upside_down)
    once = open_once(content)
    for side in (160, 500, None):
        photo, again = open_photo(content, side=side), open_photo(once, side=side)
        np.testing.assert_array_equal(photo.pixels, again.pixels)
        assert (photo.width, photo.height) == (again.width, again.height) == (1280, 1024)


def test_the_callers_picture_is_converted_and_left_as_it_is(scene):
    picture = stored_in(rgb_profile(*PROPHOTO), scene)
    before = picture.copy()
    picture.info["icc_profile"] = rgb_profile(*PROPHOTO)
    assert apart(open_photo(picture).pixels, scene) < 1
    assert apart(picture, before) == 0
    picture.info["icc_profile"] = "no bytes"
    assert apart(open_photo(picture).pixels, before) == 0
