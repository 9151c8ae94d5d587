"""Faces of a video's frames -> tracks: one face through one shot, with one decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .linking import link
from .matching import DOUBTFUL_COST, doubtful_among, match, may_be_missed, overlapping
from .open_track import OpenTrack, is_crowded
from .sightings import NO_LOOK, SeenFrame, Sighting, pool

FORGET_SECONDS = 6.0  # for which a track waits for its face
SURE = 0.95  # confidence from which a face may begin a track


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


class Tracker:
    """Takes a video's frames one by one; what it holds is the tracks."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self.shot = 0
        self._number = 0
        self._open: list[OpenTrack] = []
        self._ended: list[OpenTrack] = []  # of this shot
        self._tracks: list[Track] = []  # of those before
        self._unsure: list[Track] = []

    def add(self, frame: SeenFrame) -> list[int]:
        """The next frame -> the number of each of its faces."""
        if frame.cut or not self.shot:
            self._end(self._open)
            self._tracks, self._unsure = self._all_tracks(), self._all_unsure()
            self._ended = []
            self.shot += 1
        numbers = self._go_on(frame.faces)
        free = [track for track in self._open if track.number not in numbers]
        self._wait(free, frame.seconds)
        doubtful = doubtful_among(frame.faces)
        for at, face in enumerate(frame.faces):
            if not numbers[at]:
                unsure = at in doubtful or face.confidence < SURE or may_be_missed(free, face)
                numbers[at] = self._begin(face, unsure)
        return numbers

    def tracks(self) -> tuple[Track, ...]:
        """Every track so far, in order of their beginning, from 1."""
        return _numbered(self._all_tracks())

    def unsure(self) -> tuple[Track, ...]:
        """What may be no face, or is of two at once, from 1."""
        return _numbered(self._all_unsure())

    def _go_on(self, faces: tuple[Sighting, ...]) -> list[int]:
        """A frame's faces -> the numbers of the tracks that go on with them; 0 where none does.

        Doubtful faces come last, only to tracks that are very near, and change nothing in them.
        """
        numbers = [0] * len(faces)
        doubtful, mixed = doubtful_among(faces), overlapping(faces)
        for track, at in match(self._open, faces, set(range(len(faces))) - doubtful):
            track.take(faces[at], at not in mixed, self._is_crowded(track, faces[at]))
            numbers[at] = track.number
        free = [track for track in self._open if track.number not in numbers]
        for track, at in match(free, faces, doubtful, DOUBTFUL_COST):
            track.keep(faces[at], self._is_crowded(track, faces[at]))
            numbers[at] = track.number
        return numbers

    def _begin(self, face: Sighting, doubtful: bool) -> int:
        """A face of no track -> the number of its own, which ends at once if it is doubtful."""
        self._number += 1
        first = replace(face, look=NO_LOOK)
        track = OpenTrack(self._number, self.shot, [first], face, doubtful=doubtful)
        self._open.append(track)
        if doubtful:
            self._end([track])
        return self._number

    def _is_crowded(self, track: OpenTrack, face: Sighting) -> bool:
        return is_crowded(face, (other for other in self._open if other is not track))

    def _all_tracks(self) -> list[Track]:
        sure = [track for track in (*self._ended, *self._open) if not track.doubtful]
        return [*self._tracks, *map(_joined, link(sure))]

    def _all_unsure(self) -> list[Track]:
        found = [*self._ended, *self._open]
        pieces = [track.sightings for track in found if track.doubtful]
        pieces += [[face] for track in found for face in track.astray]
        return [*self._unsure, *(Track(0, self.shot, tuple(each)) for each in pieces)]

    def _wait(self, unseen: list[OpenTrack], seconds: float) -> None:
        for track in unseen:
            track.unseen += seconds
        self._end([track for track in self._open if track.unseen >= FORGET_SECONDS])

    def _end(self, tracks: list[OpenTrack]) -> None:
        for track in tracks:
            track.end()
        self._ended += tracks
        self._open = [track for track in self._open if track not in tracks]


def _joined(pieces: Sequence[OpenTrack]) -> Track:
    """Pieces of one track, in order -> the track."""
    return Track(0, pieces[0].shot, tuple(face for each in pieces for face in each.sightings))


def _numbered(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """Tracks -> the same in order of their beginning, numbered from 1."""
    ordered = sorted(tracks, key=lambda track: track.start)
    return tuple(replace(track, number=number) for number, track in enumerate(ordered, 1))
