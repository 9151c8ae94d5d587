"""Faces of a video's frames -> tracks: one face through one shot, with one decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .people import people_of, to_kept
from .pieces import Piece, PieceMaker
from .sightings import NO_LOOK, SeenFrame, Sighting, best_of, pool

SURE = 0.95  # confidence that a track's surest face has
# Pieces and faces that are made people of at once: what is held stays small.
AT_ONCE, FACES_AT_ONCE = 400, 4000
AWAY_SECONDS = 60.0  # for which somebody may be out of sight by then


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
        return best_of(self.sightings)

    @property
    def scores(self) -> tuple[float, ...]:
        """Of all its faces, 0..1 by class, sum to 1."""
        return pool(self.sightings)


class Tracker:
    """Takes a video's frames one by one; what it holds is the tracks."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self.shot = 0
        self._pieces = PieceMaker()
        self._people: list[Piece] = []  # of this shot, so far as they are settled
        self._tracks: list[Track] = []  # that nothing changes any more
        self._unsure: list[Track] = []
        self._found: tuple[list[Track], list[Track]] | None = None  # all of them, once asked for

    def add(self, frame: SeenFrame) -> None:
        """The next frame."""
        if frame.cut or not self.shot:
            self._tracks, self._unsure = self._all()
            self._pieces, self._people = PieceMaker(), []
            self.shot += 1
        self._pieces.add(frame)
        self._found = None
        ended = self._pieces.ended
        if len(ended) >= AT_ONCE or sum(len(each.faces) for each in ended) >= FACES_AT_ONCE:
            self._settle(frame.time)

    def tracks(self) -> tuple[Track, ...]:
        """Every track so far, in order of their beginning, from 1."""
        return _numbered(self._all()[0])

    def unsure(self) -> tuple[Track, ...]:
        """What may be no face, or is of two at once, from 1."""
        return _numbered(self._all()[1])

    def _settle(self, time: float) -> None:
        """Make people of the pieces that ended; who is long gone is not waited for."""
        people, strays = people_of([*self._people, *self._pieces.ended], self._pieces.most)
        self._pieces.ended = []
        for each in people:
            each.faces = to_kept(each)
        gone = [each for each in people if time - each.end > AWAY_SECONDS]
        self._people = [each for each in people if time - each.end <= AWAY_SECONDS]
        self._tracks, self._unsure = self._with(gone, strays)

    def _all(self) -> tuple[list[Track], list[Track]]:
        if not self._found:
            pieces = [*self._people, *self._pieces.ended, *self._pieces.open]
            self._found = self._with(*people_of(pieces, self._pieces.most))
        return self._found

    def _with(
        self, people: Sequence[Piece], strays: Sequence[Sighting]
    ) -> tuple[list[Track], list[Track]]:
        """People, and faces of nobody -> with those before, the tracks, and what is not sure."""
        found = [(each, Track(0, self.shot, tuple(to_kept(each)))) for each in people]
        sure = [max(face.confidence for face in each.faces) >= SURE for each in people]
        tracks = [track for (_, track), is_sure in zip(found, sure, strict=True) if is_sure]
        unsure = [track for (_, track), is_sure in zip(found, sure, strict=True) if not is_sure]
        unsure += [
            Track(0, self.shot, (replace(face, look=NO_LOOK, thumbnail=b""),)) for face in strays
        ]
        return [*self._tracks, *tracks], [*self._unsure, *unsure]


def _numbered(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """Tracks -> the same in order of their beginning, numbered from 1."""
    ordered = sorted(tracks, key=lambda track: track.start)
    return tuple(replace(track, number=number) for number, track in enumerate(ordered, 1))
