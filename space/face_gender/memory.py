"""Decoders that say "damaged" where memory ended -> whether it did."""

import numpy as np

HELD = 8  # bytes a pixel that decoders hold at once: two copies of red, green, blue and opacity


def has_room(pixels: int) -> bool:
    """Whether memory for so many decoded pixels can be had."""
    try:
        np.empty(HELD * pixels, np.uint8)
    except MemoryError:
        return False
    return True


def webp_pixels(content: bytes) -> int:
    """A WebP file -> the pixels that its header names, in any of its three kinds; 0 if none."""
    kind = content[12:16]
    if content[8:12] != b"WEBP":
        return 0
    if kind == b"VP8X":
        return (_number(content[24:27]) + 1) * (_number(content[27:30]) + 1)
    if kind == b"VP8L":
        sides = _number(content[21:25])
        return (sides % 2**14 + 1) * (sides // 2**14 % 2**14 + 1)
    return (_number(content[26:28]) % 2**14) * (_number(content[28:30]) % 2**14)


def _number(content: bytes) -> int:
    return int.from_bytes(content, "little")
