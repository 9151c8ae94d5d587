"""Faces of a video's frames -> tracks: one face through one shot, with one decision.

A face in the next frame belongs to the track that is nearest in place, moved on at its speed,
and in looks; each of the two decides where the other does not, as when faces cross.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import hypot, log

import numpy as np
from PIL import Image

from .tracking import Box

LOOK_SIDE = 8  # px of a crop's copy by which faces are told apart
FORGET_SECONDS = 1.5  # for which a track waits for its face
REACH = 1.2  # face sizes from where it should be that a face may be found, at once
REACH_GROWTH = 1.0  # by which that grows in each second of waiting
RESIZE = 0.7  # most change of size, as a natural logarithm
UNLIKE = 0.9  # most difference in looks, 0..2
PLACE_WEIGHT, LOOK_WEIGHT = 1.0, 1.5
SPEED_KEPT = 0.5  # share of the old speed in the new
SURE = 0.95  # confidence that one face of a track must reach, or the track was none
LEAST = 1e-6  # of a score, before its logarithm
NO_LOOK = np.zeros(0, np.float32)  # once a face has its track


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in a frame.

    time, seconds: when, and for how long the frame stands
    box: left, top, right, bottom in px of the upright original
    scores: 0..1 by class, in the model's order
    sharpness: contrast of neighbouring px of the crop, from 0
    look: (192,) float32, of length 1; empty once it has its track
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


@dataclass(frozen=True, eq=False)
class Track:
    """A face through a shot; both numbers count from 1."""

    number: int
    shot: int
    sightings: tuple[Sighting, ...]

    @property
    def start(self) -> float:
        """When it is first seen, in s."""
        return self.sightings[0].time

    @property
    def end(self) -> float:
        """When it was last seen, in s."""
        return self.sightings[-1].time + self.sightings[-1].seconds

    @property
    def seconds(self) -> float:
        """For how long it is seen; gaps do not count."""
        return sum(sighting.seconds for sighting in self.sightings)

    @property
    def best(self) -> Sighting:
        """The face to show."""
        return max(self.sightings, key=lambda sighting: sighting.weight)

    @property
    def scores(self) -> tuple[float, ...]:
        """Of all its faces, 0..1 by class, sum to 1."""
        return pool(self.sightings)


def pool(sightings: Sequence[Sighting]) -> tuple[float, ...]:
    """Faces of one person -> scores by class, sum to 1: the mean of their logits by weight."""
    weights = np.array([sighting.weight for sighting in sightings])
    scores = np.array([sighting.scores for sighting in sightings])
    logits = weights @ np.log(scores.clip(LEAST)) / weights.sum()
    pooled = np.exp(logits - logits.max())
    return tuple((pooled / pooled.sum()).tolist())


def look_of(crop: np.ndarray) -> np.ndarray:
    """A face's crop -> how it looks, (192,) float32 of length 1, whatever the light."""
    small = Image.fromarray(crop).resize((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BOX)
    values = np.asarray(small, np.float32)
    values = (values - values.mean()).ravel()
    return values / (np.linalg.norm(values) + LEAST)


def sharpness_of(crop: np.ndarray) -> float:
    """A face's crop -> how much neighbouring px differ, in standard deviations of its grey."""
    grey = crop.mean(axis=2)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    edges = 4 * grey[1:-1, 1:-1] - around
    return float(np.abs(edges).mean() / (grey.std() + 1.0))


@dataclass
class _Open:
    """A track that may go on."""

    number: int
    shot: int
    sightings: list[Sighting]
    look: np.ndarray
    speed: tuple[float, float] = (0.0, 0.0)
    unseen: float = 0.0

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]

    def take(self, face: Sighting) -> None:
        """Go on with a face, and forget what only the one before needed."""
        passed = max(LEAST, face.time - self.last.time)
        (x, y), (old_x, old_y) = _centre(face.box), _centre(self.last.box)
        kept = SPEED_KEPT if len(self.sightings) > 1 else 0.0
        self.speed = (
            kept * self.speed[0] + (1 - kept) * (x - old_x) / passed,
            kept * self.speed[1] + (1 - kept) * (y - old_y) / passed,
        )
        look = 0.7 * self.look + 0.3 * face.look
        self.look, self.unseen = look / (np.linalg.norm(look) + LEAST), 0.0
        best = max(range(len(self.sightings)), key=lambda at: self.sightings[at].weight)
        if self.sightings[best].weight < face.weight:
            self.sightings[best] = replace(self.sightings[best], thumbnail=b"")
        else:
            face = replace(face, thumbnail=b"")
        self.sightings.append(replace(face, look=NO_LOOK))


class Tracker:
    """Takes a video's frames one by one; what it holds is the tracks."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self.shot = 0
        self._number = 0
        self._open: list[_Open] = []
        self._ended: list[_Open] = []

    def add(self, frame: SeenFrame) -> list[int]:
        """The next frame -> the number of each of its faces."""
        if frame.cut or not self.shot:
            self.shot += 1
            self._end(self._open)
        numbers = [0] * len(frame.faces)
        free = list(self._open)
        for track, at in match(self._open, frame.faces):
            track.take(frame.faces[at])
            numbers[at] = track.number
            free.remove(track)
        for at, face in enumerate(frame.faces):
            if not numbers[at]:
                self._number += 1
                first = replace(face, look=NO_LOOK)
                self._open.append(_Open(self._number, self.shot, [first], face.look))
                numbers[at] = self._number
        self._wait(free, frame.seconds)
        return numbers

    def tracks(self) -> tuple[Track, ...]:
        """Every track so far that some face of is sure, in order of their beginning, from 1."""
        found = sorted([*self._ended, *self._open], key=lambda track: track.number)
        sure = [each for each in found if max(face.confidence for face in each.sightings) >= SURE]
        return tuple(
            Track(number, each.shot, tuple(each.sightings)) for number, each in enumerate(sure, 1)
        )

    def _wait(self, unseen: Iterable[_Open], seconds: float) -> None:
        for track in unseen:
            track.unseen += seconds
        self._end([track for track in self._open if track.unseen >= FORGET_SECONDS])

    def _end(self, tracks: list[_Open]) -> None:
        self._ended += tracks
        self._open = [track for track in self._open if track not in tracks]


def match(tracks: Sequence[_Open], faces: Sequence[Sighting]) -> list[tuple[_Open, int]]:
    """Open tracks and a frame's faces -> which go together, the closest pair first."""
    costs = [
        (cost, at, number)
        for number, track in enumerate(tracks)
        for at, face in enumerate(faces)
        if (cost := cost_of(track, face)) is not None
    ]
    pairs: list[tuple[_Open, int]] = []
    taken_tracks, taken_faces = set[int](), set[int]()
    for _, at, number in sorted(costs):
        if at not in taken_faces and number not in taken_tracks:
            pairs.append((tracks[number], at))
            taken_faces.add(at)
            taken_tracks.add(number)
    return pairs


def cost_of(track: _Open, face: Sighting) -> float | None:
    """How far a face is from being a track's next, from 0; None where it cannot be."""
    passed = face.time - track.last.time
    x, y = _centre(track.last.box)
    ahead = min(passed, 1.0)
    new_x, new_y = _centre(face.box)
    size = (track.last.size * face.size) ** 0.5
    away = hypot(new_x - x - track.speed[0] * ahead, new_y - y - track.speed[1] * ahead) / size
    unlike = 1.0 - float(track.look @ face.look)
    if away > REACH + REACH_GROWTH * passed or unlike > UNLIKE:
        return None
    if abs(log(face.size / track.last.size)) > RESIZE:
        return None
    return PLACE_WEIGHT * away + LOOK_WEIGHT * unlike


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
