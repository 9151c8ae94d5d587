"""open_photo: what it refuses, it refuses for the reason it gives, and the terminal stays quiet."""

import struct
import subprocess
import sys

import pytest
from PIL import Image

from face_gender.photo import PhotoError, open_photo
from face_gender.settings import PhotoSettings
from tests.conftest import ROOT
from tests.space.test_colours import encode


@pytest.mark.parametrize(
    ("limit", "said"), [(80_000_000, "80"), (2_500_000, "2.5"), (1000, "0.001")]
)
def test_a_limit_is_said_as_it_is(limit, said):
    with pytest.raises(PhotoError, match=f"more than the {said} megapixels"):
        open_photo(encode(Image.new("1", (9_000, 9_000)), "PNG"), PhotoSettings(max_pixels=limit))
    with pytest.raises(PhotoError, match=f"larger than the {said} MB"):
        open_photo(bytes(limit + 1), PhotoSettings(max_bytes=limit))


def alone(code: str, content: bytes) -> str:
    """What a new process prints, warnings included, with the content on standard input."""
    start = "import sys; from face_gender.photo import PhotoError, PhotoSettings, open_photo\n"
    start += "content = sys.stdin.buffer.read()\n"
    command = [sys.executable, "-c", start + code]
    done = subprocess.run(command, cwd=ROOT, input=content, capture_output=True, check=True)
    return (done.stdout + done.stderr).decode().strip()


@pytest.mark.parametrize(
    ("millions", "said"), [(80, "more than the 80 megapixels"), (250, "(1250, 2500, 3)")]
)
def test_200_megapixels_of_a_phone_are_taken_where_the_limit_says_so(millions, said):
    content = encode(Image.new("L", (20_000, 10_000), 128), "JPEG", quality=30)
    code = f"settings = PhotoSettings(max_pixels={millions * 1_000_000})\n"
    code += "try: print(open_photo(content, settings, side=960).pixels.shape)\n"
    printed = alone(code + "except PhotoError as error: print(error)", content)
    assert said in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(encode(Image.new("1", (10_000, 10_000)), "PNG"), "more than the 80 megapixels allowed."),
     (encode(Image.new("1", (8, 8)), "JPEG", exif=b"Exif\0\0II*\0" + b"\xff" * 40), "8")],
    ids=["warned size", "damaged EXIF"],
)  # fmt: skip
def test_nothing_of_pillows_is_on_the_terminal(content, said):
    code = "try: print(open_photo(content).width)\nexcept PhotoError as error: print(error)"
    printed = alone(code, content)
    assert said in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded as Linux does it")
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP", "JPEG2000"])
def test_too_little_memory_is_no_damage(kind):
    content = encode(
        Image.new("RGB", (6000, 6000)), kind, **({"compression": "raw"} if kind == "TIFF" else {})
    )
    code = "import resource; at = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
    code += "resource.setrlimit(resource.RLIMIT_AS, (at + 60_000_000,) * 2)\n"
    code += (
        "try: open_photo(content, PhotoSettings(max_bytes=1e9))\n"
        "except PhotoError as error: print(error)"
    )
    assert (
        alone(code, content)
        == "There is not enough memory for this photo: please send a smaller one."
    )


def test_a_packing_that_is_not_read_is_no_damage():
    content = bytearray(encode(Image.new("RGB", (8, 8)), "BMP"))
    content[30:34] = struct.pack("<I", 99)
    with pytest.raises(PhotoError, match="packed in a way that cannot be read"):
        open_photo(bytes(content))
