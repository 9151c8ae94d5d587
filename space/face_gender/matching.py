"""Tracks that may go on, and a frame's faces -> which go together.

A face belongs to the track that is nearest in place, moved on at its speed, and in looks. What was
tried for this, and what it gained, is in docs/experiments.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from math import hypot

import numpy as np

from .faces import Box
from .looks import to_unit
from .sightings import LEAST, NO_LOOK, Sighting
from .tracking import overlap

SPREAD = 0.3  # face sizes that a face is usually off where its speed puts it
SPREAD_GROWTH = 1.0  # by which that grows with the square of the seconds passed
FIRST_GROWTH = 3.0  # by which it grows with each second while the speed is not known
MOST_SPREAD = 3.0
UNLIKENESS = 0.25  # usual difference in looks of one face, 1 - cosine
# Costs are squares of what is usual, of place and looks together.
SOON_SECONDS, SOON_COST = 0.6, 6.0  # since a track was seen, and what a pair then costs at most
MOST_COST, MOST_UNLIKE = 9.0, 0.5  # of a pair later on, and the most that looks then differ
DOUBTFUL_COST = 1.5  # of a pair with a doubtful face
MISS_SECONDS, MISS_COST = 2.0, 16.0  # since a track was seen, and of a face that may be its own
SPEED_KEPT = 0.5  # share of the old speed in the new
LOOK_PART = 0.05  # least share of a new look in the track's
OVERLAP = 0.1  # with another face, from which looks are mixed and a face may be none
CERTAIN = 0.995  # confidence below which a face that overlaps another is doubtful


@dataclass(eq=False)
class OpenTrack:
    """A track that may go on.

    last: the face by whose place it is found again; look: the mean of its faces' that stood alone
    best: which of its sightings is shown, so that a long track costs no more than a short one
    unseen: s; doubtful: it is of one face that may be none
    """

    number: int
    shot: int
    sightings: list[Sighting]
    last: Sighting
    look: np.ndarray = field(init=False)
    looks: int = 0
    best: int = 0
    speed: tuple[float, float] | None = None
    unseen: float = 0.0
    doubtful: bool = False

    def __post_init__(self) -> None:
        """The first face's look stands in until one stands alone."""
        self.look = to_unit(self.last.look)

    def take(self, face: Sighting, alone: bool) -> None:
        """Go on with a face; `alone` says that its look is no other's as well."""
        passed = max(LEAST, face.time - self.last.time)
        (x, y), (old_x, old_y) = centre(face.box), centre(self.last.box)
        across, down = (x - old_x) / passed, (y - old_y) / passed
        old_across, old_down = self.speed or (across, down)
        self.speed = (
            SPEED_KEPT * old_across + (1 - SPEED_KEPT) * across,
            SPEED_KEPT * old_down + (1 - SPEED_KEPT) * down,
        )
        self.last = replace(face, thumbnail=b"")
        self.keep(face)
        if alone:
            part = max(LOOK_PART, 1 / (self.looks + 1))
            self.look = (1 - part) * self.look + part * to_unit(face.look)
            self.looks += 1

    def keep(self, face: Sighting) -> None:
        """Add a face, and forget what only the best and the last of them need."""
        self.unseen = 0.0
        best = self.sightings[self.best]
        if best.weight < face.weight:
            self.sightings[self.best] = replace(best, thumbnail=b"")
            self.best = len(self.sightings)
        else:
            face = replace(face, thumbnail=b"")
        self.sightings.append(replace(face, look=NO_LOOK))

    def end(self) -> None:
        """Forget what only going on needs."""
        self.last, self.look = self.sightings[-1], NO_LOOK


def doubtful_among(faces: Sequence[Sighting]) -> set[int]:
    """A frame's faces -> which of them may be none: parts of two that overlap, say."""
    mixed = overlapping(faces)
    return {at for at in mixed if faces[at].confidence < CERTAIN}


def overlapping(faces: Sequence[Sighting]) -> set[int]:
    """A frame's faces -> which of them overlap another."""
    return {
        at
        for at, face in enumerate(faces)
        if any(at != i and overlap(face.box, faces[i].box) > OVERLAP for i in range(len(faces)))
    }


def match(
    tracks: Sequence[OpenTrack],
    faces: Sequence[Sighting],
    among: Collection[int],
    most: float = float("inf"),
) -> list[tuple[OpenTrack, int]]:
    """Open tracks and a frame's faces, those of `among` -> which go together, closest pair first.

    most: the cost that a pair stays below, where its own limit is not lower
    """
    costs = [
        (cost, at, number)
        for number, track in enumerate(tracks)
        for at in among
        if (cost := cost_of(track, faces[at])) < min(most, limit_of(track, faces[at]))
    ]
    pairs: list[tuple[OpenTrack, int]] = []
    taken_tracks, taken_faces = set[int](), set[int]()
    for _, at, number in sorted(costs):
        if at not in taken_faces and number not in taken_tracks:
            pairs.append((tracks[number], at))
            taken_faces.add(at)
            taken_tracks.add(number)
    return pairs


def may_be_missed(tracks: Sequence[OpenTrack], face: Sighting) -> bool:
    """Whether a face that goes with no track may still be one's that was seen just now."""
    return any(
        face.time - track.last.time <= MISS_SECONDS and cost_of(track, face) < MISS_COST
        for track in tracks
    )


def cost_of(track: OpenTrack, face: Sighting) -> float:
    """How far a face is from being a track's next, in place and looks, from 0."""
    last, passed = track.last, face.time - track.last.time
    across, down = track.speed or (0.0, 0.0)
    (x, y), (old_x, old_y) = centre(face.box), centre(last.box)
    size = (last.size * face.size) ** 0.5
    away = hypot(x - old_x - across * passed, y - old_y - down * passed) / max(size, LEAST)
    growth = SPREAD_GROWTH * passed**2 if track.speed else FIRST_GROWTH * passed
    spread = min(MOST_SPREAD, SPREAD + growth)
    return (away / spread) ** 2 + (unlikeness(track, face) / UNLIKENESS) ** 2


def limit_of(track: OpenTrack, face: Sighting) -> float:
    """The cost that a face stays below to be a track's next: who is gone is known by looks."""
    if face.time - track.last.time <= SOON_SECONDS:
        return SOON_COST
    return MOST_COST if unlikeness(track, face) <= MOST_UNLIKE else 0.0


def unlikeness(track: OpenTrack, face: Sighting) -> float:
    """How much a face's look differs from a track's, 0..2."""
    return 1.0 - float(to_unit(track.look) @ to_unit(face.look))


def centre(box: Box) -> tuple[float, float]:
    """A box -> its middle."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
