"""Files that lie: bombs, headers that promise too much, scripts with a picture's suffix."""

import io
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator

from PIL import Image, PngImagePlugin, TiffImagePlugin

File = tuple[str, bytes]

SUFFIX = {
    "JPEG": "jpg",
    "JPEG2000": "jp2",
    "TIFF": "tif",
    "HEIF": "heic",
    "MPO": "jpg",
    "PPM": "ppm",
}
TEXTS = {
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "entity": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>',
    "html": "<!doctype html><script>alert(1)</script>",
    "php": "<?php system($_GET['a']); ?>",
    "shell": "#!/bin/sh\nrm -rf /\n",
    "python": "import os\nos.abort()\n",
    "pdf": "%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/Launch/F(/bin/sh)>>>>endobj",
    "postscript": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "xpm": '/* XPM */ static char *a[] = {"1 1 1 1", "a c red", "a"};',
    "imagemagick": (
        "push graphic-context\nfill 'url(https://127.0.0.1/\"|id\")'\npop graphic-context"
    ),
    "vbs": 'CreateObject("WScript.Shell").Run "calc"',
    "csv": "=cmd|' /C calc'!A0,1\n",
}


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    packed = io.BytesIO()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        picture.save(packed, kind, **options)
    return packed.getvalue()


def pack(files: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def suffix(kind: str) -> str:
    return SUFFIX.get(kind, kind.lower())


def bombs() -> Iterator[File]:
    """Small files that unpack to far more than is taken."""
    huge = Image.new("1", (16000, 16000))
    for kind, options in {"PNG": {}, "TIFF": {"compression": "group4"}, "GIF": {}}.items():
        yield f"bomb-{kind}.{suffix(kind)}", encode(huge, kind, **options)
    frames = [Image.new("L", (2000, 2000), shade) for shade in range(50)]
    for kind in ("GIF", "PNG", "WEBP", "TIFF"):
        options = {"compression": "tiff_deflate"} if kind == "TIFF" else {}
        yield (
            f"bomb-frames-{kind}.{suffix(kind)}",
            encode(frames[0], kind, save_all=True, append_images=frames[1:], **options),
        )
    text = PngImagePlugin.PngInfo()
    for number in range(8):
        text.add_text(f"a{number}", "a" * 60_000_000, zip=True)
    yield "bomb-text.png", encode(Image.new("L", (9, 9)), "PNG", pnginfo=text)
    profile = b"\0\0\0\rIHDR" + struct.pack(">2L5B", 9, 9, 8, 0, 0, 0, 0)
    packed = b"icc\0\0" + zlib.compress(bytes(300_000_000), 9)
    chunks = profile + struct.pack(">L", zlib.crc32(profile[4:]))
    chunks += (
        struct.pack(">L", len(packed))
        + b"iCCP"
        + packed
        + struct.pack(">L", zlib.crc32(b"iCCP" + packed))
    )
    yield "bomb-icc.png", b"\x89PNG\r\n\x1a\n" + chunks
    yield "edge-80-megapixels.png", encode(Image.new("L", (8944, 8944)), "PNG")


def lying_headers(whole: dict[str, bytes]) -> Iterator[File]:
    """Sizes in headers that nothing behind them keeps."""
    jpeg = whole["JPEG"]
    frame = next(at for at in (jpeg.find(bytes([0xFF, mark])) for mark in (0xC0, 0xC2)) if at > 0)
    for name, size in {
        "wide": (96, 65535),
        "tall": (65535, 96),
        "both": (65535, 65535),
        "none": (0, 0),
    }.items():
        rows, columns = size
        yield (
            f"header-{name}.jpg",
            jpeg[: frame + 5] + struct.pack(">2H", rows, columns) + jpeg[frame + 9 :],
        )
        yield (
            f"header-{name}.gif",
            whole["GIF"][:6] + struct.pack("<2H", columns, rows) + whole["GIF"][10:],
        )
        yield (
            f"header-{name}.bmp",
            whole["BMP"][:18] + struct.pack("<2l", columns, rows) + whole["BMP"][26:],
        )
        yield (
            f"header-{name}.tga",
            whole["TGA"][:12] + struct.pack("<2H", columns, rows) + whole["TGA"][16:],
        )
        png = b"IHDR" + struct.pack(">2L", columns, rows) + whole["PNG"][24:29]
        yield (
            f"header-{name}.png",
            whole["PNG"][:12] + png + struct.pack(">L", zlib.crc32(png)) + whole["PNG"][33:],
        )
        yield f"header-{name}.ppm", b"P6 %d %d 255\n" % (columns, rows) + b"abc"
    for box in (b"iloc", b"pitm", b"av1C"):
        yield f"header-{box.decode()}.avif", whole["AVIF"].replace(box, b"free")
    yield "header-negative.ppm", b"P6 -9 -9 255\n" + bytes(300)
    yield "header-endless.ppm", b"P6 " + b"9" * 1_000_000
    yield "header-comment.ppm", b"P6\n" + b"# a comment\n" * 100_000
    loop = TiffImagePlugin.ImageFileDirectory_v2()
    loop[256], loop[257], loop[258], loop[259], loop[262], loop[273], loop[279] = (
        9,
        9,
        8,
        1,
        1,
        8,
        81,
    )
    packed = io.BytesIO(b"")
    loop.save(packed)
    content = bytearray(b"II*\0\x08\0\0\0" + packed.getvalue()[8:])
    content[-4:] = struct.pack("<L", 8)
    yield "header-loop.tif", bytes(content)


def no_pictures(whole: dict[str, bytes], chance: random.Random) -> Iterator[File]:
    """Text, scripts, noise behind true beginnings, and files that are two things at once."""
    yield "empty.jpg", b""
    for name, text in TEXTS.items():
        for end in ("jpg", "png", "gif"):
            yield f"text-{name}.{end}", text.encode()
    for kind, content in whole.items():
        for number in range(3):
            yield (
                f"noise-{kind}-{number}.{suffix(kind)}",
                content[: 12 + 20 * number] + chance.randbytes(3000),
            )
    for size in (1, 2, 3, 10, 100, 10_000, 1_000_000):
        yield f"noise-{size}.jpg", chance.randbytes(size)
        yield f"zeros-{size}.jpg", bytes(size)
    packed = io.BytesIO(whole["JPEG"])
    packed.seek(0, 2)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("../harm.jpg", whole["JPEG"])
    yield "also-a-zip.jpg", packed.getvalue()
    yield "also-html.gif", whole["GIF"] + b"<script>alert(1)</script>"
    yield "also-shell.bmp", whole["BMP"] + b"\n#!/bin/sh\ntouch harm\n"
