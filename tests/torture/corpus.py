"""Bad and odd files -> their names and bytes, the same ones every time."""

import random
import struct
from collections.abc import Iterator
from contextlib import suppress

import pillow_heif
from PIL import Image, ImageCms

from face_gender.photo import FORMATS
from tests.conftest import ROOT
from tests.torture.lies import File, bombs, encode, lying_headers, no_pictures, suffix

pillow_heif.register_heif_opener()

WITH_EXIF = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")
WITH_PROFILE = ("JPEG", "PNG", "WEBP", "TIFF")
REFUSED = (  # what encoders raise for what they cannot write
    OSError, ValueError, KeyError, TypeError, RuntimeError,
    AttributeError, SyntaxError, SystemError, struct.error,
)  # fmt: skip
NAMES = (
    "new\nline.jpg", "return\r.jpg", "tab\t.jpg", "escape\x1b[31m.jpg", "ünïcödé 顔 👩.jpg",
    "right\u202egpj.exe.jpg", "zero\u200b.jpg", "...jpg", "-rf.jpg", "--csv.jpg", "=1+1.jpg",
    "+1.jpg", "@SUM(A1).jpg", "{{7*7}}.jpg", "${7*7}.jpg", "$(touch harm).jpg", "`touch harm`.jpg",
    "; touch harm;.jpg", "| touch harm.jpg", "<script>alert(1)<.jpg", "'\" onerror=alert(1) .jpg",
    "%2e%2e%2fharm.jpg", "..\\harm.jpg", "CON.jpg", "a" * 251 + ".jpg", "é" * 125 + ".jpg",
    " .jpg", "*.jpg", "~.jpg", "\u2028.jpg",
)  # fmt: skip


def every_file(seed: int = 0, bombs_too: bool = True) -> Iterator[File]:
    """All of them, a few hundred small files with telling names."""
    chance = random.Random(seed)
    face = Image.open(ROOT / "space" / "examples" / "astronaut.jpg").convert("RGB").resize((96, 96))
    whole = {kind: encode(face, kind) for kind in FORMATS}
    yield from every_format(face)
    yield from damaged(whole, chance)
    yield from shapes()
    yield from modes(face)
    yield from turned(face, chance)
    yield from profiles(face)
    yield from bombs() if bombs_too else ()
    yield from lying_headers(whole)
    yield from no_pictures(whole, chance)


def named_files() -> Iterator[File]:
    """One small photo under every name that might be taken for something else."""
    photo = encode(Image.new("RGB", (60, 40), "grey"), "JPEG")
    yield from ((name, photo) for name in NAMES)


def every_format(face: Image.Image) -> Iterator[File]:
    """Whatever Pillow writes, in whichever mode it takes."""
    for kind in sorted(Image.SAVE):
        for mode in ("RGB", "L", "1", "P"):
            with suppress(*REFUSED):
                yield f"format-{kind}-{mode}.{suffix(kind)}", encode(face.convert(mode), kind)


def damaged(whole: dict[str, bytes], chance: random.Random) -> Iterator[File]:
    """Cut at every tenth, bits flipped, stretches of nothing, and another format's suffix."""
    kinds = sorted(whole)
    for number, kind in enumerate(kinds):
        content, end = whole[kind], suffix(kind)
        for tenth in range(10):
            cut = len(content) * tenth // 10
            yield f"cut-{kind}-{tenth}.{end}", content[:cut]
            yield f"flipped-{kind}-{tenth}.{end}", flip(content, 1 + 3 * tenth, chance)
            yield (
                f"blank-{kind}-{tenth}.{end}",
                content[:cut] + bytes(min(64, len(content) - cut)) + content[cut + 64 :],
            )
        yield f"wrong-{kind}.{suffix(kinds[number - 1])}", content
        yield f"more-{kind}.{end}", content + chance.randbytes(100_000)
        yield f"twice-{kind}.{end}", content + content


def flip(content: bytes, bits: int, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(bits):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def shapes() -> Iterator[File]:
    for kind in FORMATS:
        for size in ((1, 1), (1, 20000), (20000, 1), (2, 3)):
            with suppress(*REFUSED):
                yield (
                    f"shape-{kind}-{size[0]}x{size[1]}.{suffix(kind)}",
                    encode(Image.new("RGB", size, "grey"), kind),
                )


def modes(face: Image.Image) -> Iterator[File]:
    """Every way to hold a colour, with and without transparency."""
    for mode in (
        "1",
        "L",
        "LA",
        "P",
        "PA",
        "RGBA",
        "CMYK",
        "YCbCr",
        "LAB",
        "HSV",
        "I",
        "F",
        "I;16",
        "I;16B",
    ):
        for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "JPEG2000", "TGA", "AVIF", "PPM"):
            with suppress(*REFUSED):
                grey = face.convert("L")
                picture = (
                    grey.convert("I").point(lambda value: value * 257).convert(mode)
                    if mode.startswith("I")
                    else None
                )
                yield (
                    f"mode-{mode.replace(';', '_')}-{kind}.{suffix(kind)}",
                    encode(picture or face.convert(mode), kind),
                )
    clear = face.convert("RGBA").quantize(8)
    yield "palette-with-alpha.png", encode(clear, "PNG", transparency=bytes([0, 255] * 4))


def turned(face: Image.Image, chance: random.Random) -> Iterator[File]:
    """EXIF's eight orientations, values that are none of them, and EXIF that is none."""
    for kind in WITH_EXIF:
        for orientation in (*range(1, 9), 0, 9, 65535):
            exif = Image.Exif()
            exif[0x0112] = orientation
            yield (
                f"turned-{kind}-{orientation}.{suffix(kind)}",
                encode(face, kind, exif=exif.tobytes()),
            )
        for number in range(6):
            with suppress(*REFUSED):
                noise = b"Exif\0\0II*\0" + chance.randbytes(10 + 30 * number)
                yield f"exif-{kind}-{number}.{suffix(kind)}", encode(face, kind, exif=noise)


def profiles(face: Image.Image) -> Iterator[File]:
    """ICC profiles: another colour space's, cut, noise, and far too long."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    rgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, profile in {
        "lab": lab,
        "cut": rgb[:60],
        "noise": b"\xff" * 200,
        "long": rgb + bytes(3_000_000),
    }.items():
        for kind in WITH_PROFILE:
            yield f"icc-{name}-{kind}.{suffix(kind)}", encode(face, kind, icc_profile=profile)
