"""Faces of frames in a row -> pieces of tracks, each of one face while it is clear whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import hypot

import numpy as np

from .looks import LENGTH, to_unit, unlikeness
from .sightings import LEAST, SeenFrame, Sighting
from .tracking import centre, overlap

SOON_SECONDS = 0.6  # between two faces of a piece, at most
RECENT = 3  # faces of a piece that say how fast it moves, and how it looks now
SHOWN = 3  # the best of a piece may turn out to be somebody else's
LONGEST = 240  # faces of a piece: what is held at once stays small
SPREAD = 0.3  # face sizes that a face is usually off where its speed puts it
SPREAD_GROWTH = 1.0  # by which that grows with the square of the seconds passed
FIRST_GROWTH = 3.0  # by which it grows with each second while the speed is not known
UNLIKENESS = 0.25  # usual difference in looks of one face, 1 - cosine
# Costs are squares of what is usual, of place and looks together.
MOST_COST = 4.0  # of a piece and its next face
MARGIN = 3.0  # by which that is less than for any other piece or face
OVERLAP = 0.1  # with another face, from which looks are mixed and a face may be none
CERTAIN = 0.995  # confidence below which a face that overlaps another is doubtful


@dataclass(eq=False)
class Piece:
    """Faces of one person, in order; only the SHOWN best keep their thumbnails.

    look: (LENGTH,), the mean of those that stand alone, if any does, each of length 1
    """

    faces: list[Sighting]
    look: np.ndarray = field(default_factory=lambda: np.zeros(LENGTH, np.float32))
    alone: int = 0
    shown: list[int] = field(default_factory=list)

    @property
    def start(self) -> float:
        """When the first is seen, in s."""
        return self.faces[0].time

    @property
    def end(self) -> float:
        """When the last is seen, in s."""
        return self.faces[-1].time

    def add(self, face: Sighting, alone: bool) -> None:
        """Go on with a face; `alone` says that its look is no other's as well."""
        self.faces.append(face)
        if alone or not self.alone:
            self.alone += alone
            part = 1 / max(1, self.alone if alone else len(self.faces))
            self.look = (1 - part) * self.look + part * to_unit(face.look)
        self.shown = sorted(
            [*self.shown, len(self.faces) - 1], key=lambda at: -self.faces[at].weight
        )
        for at in self.shown[SHOWN:]:
            self.faces[at] = replace(self.faces[at], thumbnail=b"")
        self.shown = self.shown[:SHOWN]

    def due(self, time: float) -> tuple[float, float]:
        """Where its face is then, if it goes on as it did."""
        recent = self.faces[-RECENT:]
        (x, y), (old_x, old_y) = centre(recent[-1].box), centre(recent[0].box)
        passed = max(LEAST, recent[-1].time - recent[0].time)
        ahead = (time - self.end) / passed
        return x + (x - old_x) * ahead, y + (y - old_y) * ahead

    def cost_of(self, face: Sighting) -> float:
        """How far a face is from being its next, in place and looks, from 0."""
        passed, (x, y), (due_x, due_y) = face.time - self.end, centre(face.box), self.due(face.time)
        away = hypot(x - due_x, y - due_y) / max(LEAST, (self.faces[-1].size * face.size) ** 0.5)
        growth = SPREAD_GROWTH * passed**2 if len(self.faces) > 1 else FIRST_GROWTH * passed
        recent = sum(to_unit(each.look) for each in self.faces[-RECENT:])
        unlike = unlikeness(np.asarray(recent), face.look)
        return (away / (SPREAD + growth)) ** 2 + (unlike / UNLIKENESS) ** 2


class PieceMaker:
    """Takes a shot's frames one by one."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self.open: list[Piece] = []
        self.ended: list[Piece] = []
        self.most = 0  # faces at once

    def add(self, frame: SeenFrame) -> None:
        """The next frame: pieces go on, end or begin."""
        self.most = max(self.most, len(frame.faces))
        mixed = overlapping(frame.faces)
        sure = [
            face
            for at, face in enumerate(frame.faces)
            if at not in mixed or face.confidence >= CERTAIN
        ]
        self._end([each for each in self.open if frame.time - each.end > SOON_SECONDS])
        self._go_on(sure, [face for at, face in enumerate(frame.faces) if at in mixed])
        for face in frame.faces:
            if face not in sure:
                self.ended.append(Piece([]))
                self.ended[-1].add(face, False)

    def _go_on(self, faces: Sequence[Sighting], mixed: Sequence[Sighting]) -> None:
        """A frame's faces -> each in the piece that it clearly goes on with, or in a new one."""
        known = self.open
        costs = np.array([[each.cost_of(face) for face in faces] for each in known])
        costs = costs.reshape(len(known), len(faces))
        pairs = clear_pairs(costs)
        unclear = {at for at, row in enumerate(costs) if (row < MOST_COST).any()} - {*pairs}
        following = {face: known[at] for at, face in pairs.items()}
        for at, face in enumerate(faces):
            (following.get(at) or self._begin()).add(face, face not in mixed)
        long = [each for each in self.open if len(each.faces) >= LONGEST]
        self._end([*long, *(known[at] for at in unclear)])

    def _begin(self) -> Piece:
        self.open = [*self.open, Piece([])]
        return self.open[-1]

    def _end(self, pieces: Sequence[Piece]) -> None:
        self.ended += pieces
        self.open = [each for each in self.open if each not in pieces]


def clear_pairs(costs: np.ndarray) -> dict[int, int]:
    """(pieces, faces) -> the face of each piece for which neither has another choice."""
    pairs = {}
    for row, column in np.argwhere(costs < MOST_COST):
        others = [*np.delete(costs[row], column), *np.delete(costs[:, column], row)]
        if min(others, default=np.inf) >= costs[row, column] + MARGIN:
            pairs[int(row)] = int(column)
    return pairs


def overlapping(faces: Sequence[Sighting]) -> set[int]:
    """A frame's faces -> which of them overlap another."""
    return {
        at
        for at, face in enumerate(faces)
        if any(at != i and overlap(face.box, faces[i].box) > OVERLAP for i in range(len(faces)))
    }
