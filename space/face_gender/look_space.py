"""A shot's pieces -> where looks of one person lie close, as the shot shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .looks import LENGTH, to_unit
from .pieces import Piece
from .sightings import LEAST, Sighting


@dataclass(frozen=True, eq=False)
class Space:
    """Where looks of one person lie close: middle (LENGTH,), and whiten (LENGTH, LENGTH)."""

    middle: np.ndarray
    whiten: np.ndarray

    def place(self, looks: np.ndarray) -> np.ndarray:
        """(n, LENGTH) looks -> (n, LENGTH), each of length 1."""
        found = (looks - self.middle) @ self.whiten
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), LEAST)


def space_of(pieces: Sequence[Piece], most: int) -> Space:
    """A shot's pieces, and how many faces it shows at once -> what tells its people apart.

    The mean face is taken off as far as it is of several people, and directions count by how
    little one face changes along them: linear discriminant analysis, with a person for a piece.
    """
    total, within, faces = np.zeros(LENGTH), np.zeros((LENGTH, LENGTH)), 0
    for piece in pieces:
        looks = looks_of(piece.faces)
        if len(looks):
            total += looks.sum(axis=0)
            apart = looks - looks.mean(axis=0)
            within += apart.T @ apart
            faces += len(looks)
    within /= max(1, faces)
    within += (np.trace(within) / LENGTH + LEAST) * np.eye(LENGTH)
    middle = (1 - 1 / max(1, most)) * total / max(1, faces)
    return Space(middle, np.linalg.cholesky(np.linalg.inv(within)))


def looks_of(faces: Sequence[Sighting]) -> np.ndarray:
    """Faces -> the looks of those that still have them, (n, LENGTH), each of length 1."""
    looks = [to_unit(face.look) for face in faces if len(face.look)]
    return np.array(looks, np.float32).reshape(-1, LENGTH)
