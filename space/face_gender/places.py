"""Faces and a person's other faces -> whether the person can have been there."""

from bisect import bisect_left
from collections.abc import Sequence
from math import hypot

import numpy as np

from .pieces import Piece
from .sightings import LEAST, Sighting
from .tracking import centre

REACH_SECONDS = 2.0  # to a person's faces before and after that say where it is
OFF, OFF_GROWTH = 0.2, 0.5  # face sizes that it is usually off that way, and more by a second
ASTRAY, ASTRAY_SECONDS = 0.15, 2.5  # face sizes off the way between two so close in time
DUE = 0.5  # face sizes to where somebody else is, within which a box may be of both
CROWD, CROWD_SECONDS = 1.2, 1.0  # face sizes and time: who is so near somebody may be no one else


def off_the_way(known: Sequence[Sighting], faces: Sequence[Sighting]) -> float:
    """How far faces lie off the way of a person's, in squares of what is usual.

    0 where the person was not seen just before or after; infinite where it is seen meanwhile.
    """
    at = bisect_left(known, faces[0].time, key=lambda face: face.time)
    if at < len(known) and known[at].time <= faces[-1].time:
        return np.inf
    before = [f for f in known[max(0, at - 1) : at] if faces[0].time - f.time <= REACH_SECONDS]
    after = [f for f in known[at : at + 1] if f.time - faces[-1].time <= REACH_SECONDS]
    gaps = [faces[0].time - f.time for f in before] + [f.time - faces[-1].time for f in after]
    if not gaps:
        return 0.0
    gap = min(gaps)
    growth = gap if before and after else gap * (1 + gap)
    off = max(away(place_at(before, after, face.time), face) for face in faces)
    return (off / (OFF + OFF_GROWTH * growth)) ** 2


def place_at(
    before: Sequence[Sighting], after: Sequence[Sighting], time: float
) -> tuple[float, float]:
    """The last face before and the first after, or one of them -> the person's place between."""
    places = [centre(face.box) for face in (*before, *after)]
    if not before or not after:
        return places[0]
    share = (time - before[0].time) / max(LEAST, after[0].time - before[0].time)
    (x0, y0), (x1, y1) = places
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def away(place: tuple[float, float], face: Sighting) -> float:
    """A place -> how far a face is from there, in its sizes."""
    x, y = centre(face.box)
    return hypot(x - place[0], y - place[1]) / max(LEAST, face.size)


def is_astray(before: Sighting, face: Sighting, after: Sighting) -> bool:
    """Whether the middle one of three faces lies off the way between the others."""
    off = away(place_at([before], [after], face.time), face)
    return after.time - before.time <= ASTRAY_SECONDS and off > ASTRAY


def is_due(known: Sequence[Sighting], face: Sighting) -> bool:
    """Whether the person of some faces is, by the nearest of them, where another face is."""
    at = bisect_left(known, face.time, key=lambda each: each.time)
    near = [f for f in known[max(0, at - 1) : at + 2] if abs(f.time - face.time) <= REACH_SECONDS]
    before = [each for each in near if each.time <= face.time][-1:]
    after = [each for each in near if each.time > face.time][:1]
    return bool(near) and away(place_at(before, after, face.time), face) <= DUE


def is_crowded(piece: Piece, people: Sequence[Piece]) -> bool:
    """Whether a piece is near somebody seen at the same time, or just before or after."""
    since, until = piece.start - CROWD_SECONDS, piece.end + CROWD_SECONDS
    for person in people:
        first = bisect_left(person.faces, since, key=lambda face: face.time)
        end = bisect_left(person.faces, until, key=lambda face: face.time)
        for known in person.faces[first : end + 1]:
            if any(away(centre(known.box), face) <= CROWD for face in piece.faces):
                return True
    return False
