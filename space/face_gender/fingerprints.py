"""Photos -> hashes that hardly change when a photo is resized or saved again, to find copies."""

import numpy as np
from PIL import Image

GRID = 16  # rows of the hash, and comparisons in each
NEAR = 24  # bits, of 256, that differ at most in copies; photos of other people differ in 27
BYTES = GRID * GRID // 8


def hash_photo(pixels: np.ndarray) -> bytes:
    """(rows, columns, 3) uint8 -> 32 bytes: a dHash (Krawetz 2013) of 16 x 17 grey cells."""
    grey = Image.fromarray(pixels).convert("L").resize((GRID + 1, GRID), Image.Resampling.BOX)
    cells = np.asarray(grey).astype(np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()


class SeenPhotos:
    """Photos, one after the other -> which of those before each is a near duplicate of."""

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self._names: list[str] = []
        self._hashes = np.empty((0, BYTES), np.uint8)

    def original_of(self, name: str, pixels: np.ndarray) -> str:
        """A photo -> the name of the first that it is like; empty where it is new, and kept."""
        own = np.frombuffer(hash_photo(pixels), np.uint8)
        distances = np.bitwise_count(self._hashes ^ own).sum(axis=1)
        if len(distances) and distances.min() <= NEAR:
            return self._names[int(distances.argmin())]
        self._names.append(name)
        self._hashes = np.concatenate([self._hashes, own[None]])
        return ""
