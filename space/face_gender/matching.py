"""Tracks that may go on, and a frame's faces -> which go together.

A face belongs to the track that is nearest in place, moved on at its speed, and in looks. What was
tried for this, and what it gained, is in docs/experiments.md.
"""

from collections.abc import Collection, Sequence
from math import hypot

from .looks import unlikeness
from .open_track import OpenTrack, centre
from .sightings import LEAST, Sighting
from .tracking import overlap

SPREAD = 0.3  # face sizes that a face is usually off where its speed puts it
SPREAD_GROWTH = 1.0  # by which that grows with the square of the seconds passed
FIRST_GROWTH = 3.0  # by which it grows with each second while the speed is not known
MOST_SPREAD = 3.0
UNLIKENESS = 0.25  # usual difference in looks of one face, 1 - cosine
# Costs are squares of what is usual, of place and looks together.
SOON_SECONDS, SOON_COST = 0.6, 4.0  # since a track was seen, and what a pair then costs at most
MOST_COST, MOST_UNLIKE = 9.0, 0.25  # of a pair later on, and the most that looks then differ
DOUBTFUL_COST = 1.5  # of a pair with a doubtful face
MISS_SECONDS, MISS_COST = 2.0, 16.0  # since a track was seen, and of a face that may be its own
OVERLAP = 0.1  # with another face, from which looks are mixed and a face may be none
CERTAIN = 0.995  # confidence below which a face that overlaps another is doubtful


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
    passed = face.time - track.last.time
    (x, y), (due_x, due_y) = centre(face.box), track.due(face.time)
    size = (track.last.size * face.size) ** 0.5
    away = hypot(x - due_x, y - due_y) / max(size, LEAST)
    growth = SPREAD_GROWTH * passed**2 if track.speed else FIRST_GROWTH * passed
    spread = min(MOST_SPREAD, SPREAD + growth)
    return (away / spread) ** 2 + (unlikeness(track.look, face.look) / UNLIKENESS) ** 2


def limit_of(track: OpenTrack, face: Sighting) -> float:
    """The cost that a face stays below to be a track's next: who is gone is known by looks."""
    if face.time - track.last.time <= SOON_SECONDS:
        return SOON_COST
    return MOST_COST if unlikeness(track.look, face.look) <= MOST_UNLIKE else 0.0
