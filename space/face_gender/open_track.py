"""A track that may go on: its faces so far, where the next is due, and how it looks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import hypot

import numpy as np

from .faces import Box
from .looks import to_unit
from .sightings import LEAST, NO_LOOK, Sighting

SPEED_KEPT = 0.5  # share of the old speed in the new
LOOK_PART = 0.05  # least share of a new look in the track's
CROWD = 0.7  # face sizes to where another track is due, within which a box may be of both
ASTRAY = 0.15  # face sizes that such a box lies off the way from the face before to the next
ASTRAY_SECONDS = 2.5  # between these two, at most


@dataclass(eq=False)
class OpenTrack:
    """A track that may go on.

    sightings: each but the newest without its thumbnail, unless it is the best, and its look
    last: the face by whose place it is found again; look: the mean of its faces' that stood alone
    crowded: whether the newest may be a box of two faces; astray: those that turned out to be
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
    crowded: bool = False
    astray: list[Sighting] = field(default_factory=list)
    unseen: float = 0.0
    doubtful: bool = False

    def __post_init__(self) -> None:
        """The first face's look stands in until one stands alone."""
        self.look = to_unit(self.last.look)

    def take(self, face: Sighting, alone: bool, crowded: bool) -> None:
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
        self.keep(face, crowded)
        if alone:
            part = max(LOOK_PART, 1 / (self.looks + 1))
            self.look = (1 - part) * self.look + part * to_unit(face.look)
            self.looks += 1

    def keep(self, face: Sighting, crowded: bool) -> None:
        """Add a face, which says whether the one before it was on the way."""
        if self.crowded and is_astray([*self.sightings[-2:], face]):
            self.astray.append(replace(self.sightings.pop(), thumbnail=b""))
        else:
            self._forget()
        self.unseen, self.crowded = 0.0, crowded
        self.sightings.append(replace(face, look=NO_LOOK))

    def end(self) -> None:
        """Forget what only going on needs."""
        self._forget()
        self.last = self.sightings[-1]

    def due(self, time: float) -> tuple[float, float]:
        """Where its face is then, if it goes on as it did."""
        (x, y), passed = centre(self.last.box), time - self.last.time
        across, down = self.speed or (0.0, 0.0)
        return x + across * passed, y + down * passed

    def _forget(self) -> None:
        """Only the best face keeps its thumbnail: a long track costs no more than a short one."""
        newest = len(self.sightings) - 1
        if newest == self.best:
            return
        worse = newest
        if self.sightings[self.best].weight < self.sightings[newest].weight:
            worse, self.best = self.best, newest
        self.sightings[worse] = replace(self.sightings[worse], thumbnail=b"")


def is_astray(faces: Sequence[Sighting]) -> bool:
    """A track's last faces, three at most -> whether the middle one of three lies off the way."""
    if len(faces) < 3 or not 0 < faces[2].time - faces[0].time <= ASTRAY_SECONDS:
        return False
    before, face, after = faces
    share = (face.time - before.time) / (after.time - before.time)
    (x, y), (x0, y0), (x1, y1) = (centre(each.box) for each in (face, before, after))
    off = hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0))
    return off > ASTRAY * face.size


def is_crowded(face: Sighting, others: Iterable[OpenTrack]) -> bool:
    """Whether another track is due so near a face that its box may be of both."""
    x, y = centre(face.box)
    places = (other.due(face.time) for other in others)
    return any(hypot(x - at_x, y - at_y) <= CROWD * face.size for at_x, at_y in places)


def centre(box: Box) -> tuple[float, float]:
    """A box -> its middle."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
