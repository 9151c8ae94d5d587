"""open_photo: whatever a camera, phone or visitor sends."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from face_gender.photo import SUFFIXES, PhotoError, open_photo
from face_gender.settings import PhotoSettings


def encode(picture: Image.Image, kind: str, **options) -> bytes:
    packed = io.BytesIO()
    picture.save(packed, kind, **options)
    return packed.getvalue()


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """60 x 40: red left half, green right half, a blue bar along the top."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30, 0] = pixels[:, 30:, 1] = 200
    pixels[:8] = (0, 0, 200)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    "nothing", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%PDF-1.7"]
)
def test_what_is_no_picture_is_one_sentence(nothing):
    with pytest.raises(PhotoError) as caught:
        open_photo(nothing)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(PhotoError, match="no such file"):
        open_photo(tmp_path / "none.jpg")
    with pytest.raises(PhotoError, match="not a file"):
        open_photo(tmp_path)
    with pytest.raises(PhotoError, match="cannot be read"):
        open_photo(tmp_path / ("a" * 300))
    with pytest.raises(PhotoError):
        open_photo("a\0b.jpg")


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "HEIF"]
)
def test_formats(scene, kind):
    photo = open_photo(encode(scene, kind))
    assert (photo.width, photo.height, photo.scale) == (60, 40, 1.0)
    assert photo.pixels.shape == (40, 60, 3)
    assert photo.pixels.dtype == np.uint8
    np.testing.assert_allclose(photo.pixels[25, 10], (200, 0, 0), atol=25)
    np.testing.assert_allclose(photo.pixels[25, 50], (0, 200, 0), atol=25)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_truncated(astronaut, kind, share):
    content = encode(Image.fromarray(astronaut), kind)
    with pytest.raises(PhotoError):
        open_photo(content[: int(len(content) * share)])


@pytest.mark.parametrize("box", [b"iloc", b"pitm", b"av1C"])
def test_avif_that_lacks_a_part(scene, box):
    with pytest.raises(PhotoError, match="damaged"):
        open_photo(encode(scene, "AVIF").replace(box, b"free"))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_and_sizes_are_upright(scene, orientation, kind):
    undo = {
        2: 0,
        3: 3,
        4: 1,
        5: 5,
        6: 2,
        7: 6,
        8: 4,
    }  # PIL's transposition that a camera would have had to make
    stored = scene if orientation == 1 else scene.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = open_photo(encode(stored, kind, exif=exif))
    assert (photo.width, photo.height) == (60, 40)
    np.testing.assert_array_equal(photo.pixels, np.asarray(scene))


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_heic_orientation(scene, orientation):
    packed = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    pillow_heif.from_pillow(scene).save(packed, exif=exif.tobytes())
    photo = open_photo(packed.getvalue())
    assert (photo.width, photo.height) == ((60, 40) if orientation == 1 else (40, 60))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("1", 255),
        ("L", 180),
        ("P", 180),
        ("CMYK", 180),
        ("YCbCr", 180),
        ("RGBA", 180),
        ("LA", 180),
        ("I;16", 180),
        ("F", 180),
    ],
)
def test_modes(mode, expected):
    grey = Image.new("L", (20, 10), 180)
    if mode == "I;16":
        picture = Image.fromarray(np.full((10, 20), 180 * 257, np.uint16))
    elif mode == "1":
        picture = Image.new("1", (20, 10), 1)
    else:
        picture = (
            grey.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr") else grey.convert(mode)
        )
    np.testing.assert_allclose(open_photo(picture).pixels, expected, atol=3)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_greys_in_16_bit_files_are_scaled_by_what_they_hold(kind, bits):
    array = np.linspace(0, 2**bits - 1, 200).astype(np.uint16).reshape(10, 20)
    photo = open_photo(encode(Image.fromarray(array), kind))
    np.testing.assert_array_equal(photo.pixels[:, :, 0], array >> (bits - 8))
    np.testing.assert_array_equal(open_photo(array).pixels, photo.pixels)
    floats = encode(Image.fromarray(array.astype(np.float32)), "TIFF")
    np.testing.assert_allclose(open_photo(floats).pixels, photo.pixels, atol=1)


@pytest.mark.parametrize(("highest", "white"), [(0, 0), (-5, 0), (700, 175), (70_000, 68)])
def test_other_whole_numbers(highest, white):
    assert open_photo(np.full((4, 5), highest, np.int32)).pixels.max() == white


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_transparency_is_laid_over_white(kind):
    clear = Image.new("RGBA", (20, 10), (255, 0, 0, 0))
    np.testing.assert_allclose(open_photo(encode(clear, kind)).pixels, 255, atol=2)


def test_animation_gives_its_first_frame(scene):
    others = [Image.new("RGB", scene.size, "white")] * 3
    content = encode(scene, "GIF", save_all=True, append_images=others)
    np.testing.assert_allclose(open_photo(content).pixels[25, 10], (200, 0, 0), atol=25)


@pytest.mark.parametrize(
    "array",
    [
        np.full((4, 6), 180, np.uint8),
        np.full((4, 6, 1), 180, np.uint8),
        np.full((4, 6, 4), (180, 180, 180, 255), np.uint8),
        np.full((4, 6, 3), 180 / 255),
        np.full((4, 6), 180 << 8, np.uint16),
    ],
)
def test_arrays(array):
    photo = open_photo(array)
    assert photo.pixels.shape == (4, 6, 3)
    assert (photo.pixels == 180).all()


@pytest.mark.parametrize(
    "array", [np.zeros((0, 5, 3)), np.zeros(5), np.zeros((4, 5, 2)), np.zeros((4, 5), object)]
)
def test_wrong_arrays(array):
    with pytest.raises(PhotoError, match="array should"):
        open_photo(array)


def test_limits_name_what_was_got_and_what_is_taken(scene):
    content = encode(scene, "PNG")
    with pytest.raises(PhotoError, match="more than the .* allowed"):
        open_photo(content, PhotoSettings(max_pixels=2399))
    assert open_photo(content, PhotoSettings(max_pixels=2400)).width == 60
    with pytest.raises(PhotoError, match="allowed"):
        open_photo(content, PhotoSettings(max_bytes=len(content) - 1))
    assert open_photo(content, PhotoSettings(max_bytes=len(content))).width == 60


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_bomb_is_refused_by_its_header(kind):
    bomb = encode(Image.new("L", (4000, 4000)), kind)
    with pytest.raises(PhotoError, match="more than the 15 megapixels allowed"):
        open_photo(bomb, PhotoSettings(max_pixels=15_000_000))


@pytest.mark.parametrize(
    ("side", "expected"), [(None, 1024), (900, 1024), (512, 512), (300, 512), (256, 256), (10, 128)]
)
def test_large_jpegs_are_decoded_no_larger_than_needed(astronaut, side, expected):
    large = Image.fromarray(astronaut).resize((1024, 768))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = open_photo(encode(large, "JPEG", exif=exif), side=side)
    assert (photo.width, photo.height) == (768, 1024)
    assert photo.pixels.shape[0] == expected
    assert photo.scale == expected / 1024


def test_odd_sizes_keep_the_original_size(astronaut):
    odd = Image.fromarray(astronaut).resize((1001, 601))
    photo = open_photo(encode(odd, "JPEG"), side=200)
    assert (photo.width, photo.height) == (1001, 601)
    assert photo.pixels.shape == (151, 251, 3)


def test_nearly_square_photo_on_its_side(astronaut):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = open_photo(
        encode(Image.fromarray(astronaut).resize((1000, 999)), "JPEG", exif=exif), side=100
    )
    assert (photo.width, photo.height, photo.pixels.shape) == (999, 1000, (125, 125, 3))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_damaged_exif_does_not_cost_the_photo(scene, kind):
    photo = open_photo(encode(scene, kind, exif=b"Exif\0\0" + b"\xff" * 40))
    assert (photo.width, photo.height) == (60, 40)


def test_picture_of_the_caller_is_left_as_it_is(astronaut):
    picture = Image.open(
        io.BytesIO(encode(Image.fromarray(astronaut).resize((1024, 1024)), "JPEG"))
    )
    for _ in range(2):
        assert open_photo(picture, side=100).pixels.shape == (1024, 1024, 3)
    assert picture.size == (1024, 1024)


@pytest.mark.parametrize("size", [(5000, 3), (1, 20000)])
def test_thin_jpeg(size):
    photo = open_photo(encode(Image.new("RGB", size), "JPEG"), side=640)
    assert (photo.width, photo.height) == size


def test_palette_with_alpha():
    clear = Image.new("RGBA", (20, 10), (10, 10, 10, 0)).quantize(4)
    np.testing.assert_array_equal(open_photo(clear).pixels, 255)


@pytest.mark.parametrize(
    ("highest", "white"), [(1.0, 1.0), (1.07, 1.0), (np.inf, 1.0), (255.0, 255.0)]
)
def test_floats_a_little_over_are_white(highest, white):
    array = np.full((4, 5), white / 2, np.float32)
    array[0, 0] = highest
    assert open_photo(array).pixels[2, 2].tolist() == [128] * 3


@pytest.mark.parametrize("source", [None, 5, io.BytesIO(), [1, 2]])
def test_what_is_no_source_is_the_developers_mistake(source):
    with pytest.raises(ValueError, match="should be a path"):
        open_photo(source)


def test_suffixes_are_those_of_the_formats():
    assert {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".gif", ".tiff"} <= SUFFIXES
    assert not {".pdf", ".eps", ".svg", ".mpg"} & SUFFIXES
