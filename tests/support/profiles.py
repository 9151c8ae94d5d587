"""Colour profiles as cameras, scanners and printers embed them, written here from scratch."""

import struct

import numpy as np
from skimage.color import rgb2lab

D50 = (0.9642, 1.0, 0.8249)
INKS = np.array(
    [(0, 0.6, 0.9), (0.9, 0, 0.5), (1, 0.9, 0), (0.12, 0.12, 0.12)]
)  # on white paper, sRGB
# Red, green and blue in XYZ under D50, and gamma.
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)), 2.2
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)), 2.2
PROPHOTO = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)), 1.8


def rgb_profile(colours: tuple, gamma: float) -> bytes:
    """Primaries and gamma -> a profile of a monitor or a camera."""
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, colours), strict=True)
    curves = {name: _curve(gamma) for name in (b"rTRC", b"gTRC", b"bTRC")}
    return _packed(b"mntr", b"RGB ", b"XYZ ", {**dict(columns), **curves})


def grey_profile(gamma: float) -> bytes:
    """Gamma -> a scanner's profile."""
    return _packed(b"scnr", b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile() -> bytes:
    """INKS -> a printer's profile: a table with a corner for each choice of inks."""
    corners = np.array([[corner >> bit & 1 for bit in (3, 2, 1, 0)] for corner in range(16)])
    printed = np.where(corners[..., None] == 1, INKS, 1.0).prod(axis=1)
    lab = rgb2lab(printed) * (2.55, 1, 1) + (0, 128, 128)
    unit = [65536 * (row == column) for row in range(3) for column in range(3)]
    ramp = bytes(range(256))
    table = struct.pack(">4s4x4B9i", b"mft1", 4, 3, 2, 0, *unit)
    table += ramp * 4 + lab.clip(0, 255).round().astype(np.uint8).tobytes() + ramp * 3
    return _packed(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table, b"A2B1": table})


def _xyz(values: tuple[float, ...]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65536) for value in values))


def _curve(gamma: float) -> bytes:
    return struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))


def _packed(kind: bytes, colours: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Tags -> an ICC profile of version 2.1."""
    tags = {b"desc": struct.pack(">4s4xI80x", b"desc", 1), b"wtpt": _xyz(D50), **tags}
    at = 132 + 12 * len(tags)
    index, body = b"", b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        index += struct.pack(">4sII", name, at + len(body), len(content))
        body += content
    head = struct.pack(
        ">I4xI4s4s4s12x4s", at + len(body), 0x02100000, kind, colours, between, b"acsp"
    )
    head += bytes(28) + struct.pack(">3i", *(round(value * 65536) for value in D50)) + bytes(48)
    return head + struct.pack(">I", len(tags)) + index + body
