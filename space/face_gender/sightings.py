"""A face in one frame: where, how sure, how it looks; and what several of them say together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .faces import Box

LEAST = 1e-6  # of a score, before its logarithm
NO_LOOK = np.zeros(0, np.int8)  # once a face has its track


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in a frame.

    time, seconds: when, and for how long the frame stands
    box: left, top, right, bottom in px of the upright original
    scores: 0..1 by class, in the model's order
    sharpness: contrast of neighbouring px of the crop, from 0
    look: (432,) int8, as looks.py has it; empty once it has its track
    thumbnail: the crop as a JPEG; empty where another of the track is better
    """

    time: float
    seconds: float
    box: Box
    confidence: float
    scores: tuple[float, ...]
    sharpness: float
    look: np.ndarray = field(repr=False)
    thumbnail: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> float:
        """The longer side of the box, in px."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    @property
    def weight(self) -> float:
        """How much it counts in its track: size times sharpness."""
        return self.size * self.sharpness + LEAST


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """A frame's faces, largest first, and whether a shot begins with it."""

    index: int
    time: float
    seconds: float
    cut: bool
    faces: tuple[Sighting, ...] = ()


def pool(sightings: Sequence[Sighting]) -> tuple[float, ...]:
    """Faces of one person -> scores by class, sum to 1: the mean of their logits by weight."""
    weights = np.array([sighting.weight for sighting in sightings])
    scores = np.array([sighting.scores for sighting in sightings])
    logits = weights @ np.log(scores.clip(LEAST)) / weights.sum()
    pooled = np.exp(logits - logits.max())
    return tuple((pooled / pooled.sum()).tolist())


def best_of(faces: Sequence[Sighting]) -> Sighting:
    """Faces, at least one -> the best to show: one with a thumbnail, if there is any."""
    return max(faces, key=lambda face: (bool(face.thumbnail), face.weight))


def sharpness_of(crop: np.ndarray) -> float:
    """A face's crop -> how much neighbouring px differ, in standard deviations of its grey."""
    grey = crop.mean(axis=2)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    edges = 4 * grey[1:-1, 1:-1] - around
    return float(np.abs(edges).mean() / (grey.std() + 1.0))
