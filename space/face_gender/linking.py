"""A shot's tracks -> those of one person, who was out of sight between them, together."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .looks import unlikeness
from .open_track import OpenTrack

ALIKE = 0.2  # difference of the mean looks of two tracks of one person, 1 - cosine, at most
AWAY_SECONDS = 60.0  # for which a person may be out of sight


@dataclass(eq=False)
class Person:
    """Tracks of one person, in order, and the mean of their looks."""

    pieces: list[OpenTrack]
    look: np.ndarray

    @property
    def end(self) -> float:
        """When the person was last seen, in s."""
        return self.pieces[-1].sightings[-1].time

    def add(self, track: OpenTrack) -> None:
        """Go on with a track."""
        known = sum(len(piece.sightings) for piece in self.pieces)
        new = len(track.sightings)
        self.look = (known * self.look + new * track.look) / (known + new)
        self.pieces.append(track)


def link(tracks: Iterable[OpenTrack]) -> list[list[OpenTrack]]:
    """A shot's tracks -> each with those that go on with it; who is gone is known by looks."""
    people: list[Person] = []
    for track in sorted(tracks, key=lambda track: (track.sightings[0].time, track.number)):
        start = track.sightings[0].time
        gone = [person for person in people if 0 < start - person.end <= AWAY_SECONDS]
        nearest = min(gone, key=lambda person: unlikeness(person.look, track.look), default=None)
        if nearest and unlikeness(nearest.look, track.look) <= ALIKE:
            nearest.add(track)
        else:
            people.append(Person([track], track.look))
    return [person.pieces for person in people]
