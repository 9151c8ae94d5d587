"""A shot's pieces -> people: pieces that look alike together.

Long pieces are joined by looks alone, short ones go where both looks and place fit. Faces that look
more like somebody else, or lie between two people, are of nobody. What was tried is in
docs/experiments.md.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .look_space import Space, looks_of, space_of
from .looks import LENGTH
from .pieces import Piece
from .places import REACH_SECONDS, is_astray, is_crowded, is_due, off_the_way
from .sightings import NO_LOOK, Sighting, best_of

LONG = 3  # faces of a piece that is joined by looks alone
ALIKE = 0.6  # difference of the looks of long pieces of one person, 1 - cosine, at most
LEFT_ALIKE = 0.5  # the same of short pieces that fit nobody
MOST_COST = 2.5  # of a short piece and a person, in squares of what is usual
USUAL = 0.35  # difference of the looks of a person and one of its faces
CLEARER = 0.2  # by which a face looks more like its person than like one who is seen more often
FAR = 0.8  # difference in looks from which a face is not its person's
NEVER = 9.0  # more than any difference


def people_of(pieces: Sequence[Piece], most: int) -> tuple[list[Piece], list[Sighting]]:
    """A shot's pieces -> its people, and the faces of nobody."""
    space = space_of(pieces, most)
    long = [piece for piece in pieces if len(piece.faces) >= LONG]
    people = join(long, space, ALIKE)
    left = give(people, [piece for piece in pieces if len(piece.faces) < LONG], space)
    people, strays = without_strays(people, space)
    crowded = [piece for piece in left if is_crowded(piece, people)]
    others = join([piece for piece in left if piece not in crowded], space, LEFT_ALIKE)
    return [*people, *others], [*strays, *(face for piece in crowded for face in piece.faces)]


def join(pieces: Sequence[Piece], space: Space, most: float) -> list[Piece]:
    """Pieces -> those that differ by at most `most` together, never two that overlap in time."""
    groups = [[piece] for piece in pieces]
    starts, ends = (np.array([getattr(p, at) for p in pieces]) for at in ("start", "end"))
    apart = (starts[:, None] <= ends) & (starts <= ends[:, None])
    sums = np.array([piece.look * len(piece.faces) for piece in pieces]).reshape(-1, LENGTH)
    counts = np.array([len(piece.faces) for piece in pieces])
    places = space.place(sums / np.maximum(1, counts)[:, None])
    differ = np.where(apart, NEVER, 1 - places @ places.T)
    while differ.size:
        one, other = np.unravel_index(differ.argmin(), differ.shape)
        if differ[one, other] > most:
            break
        groups[one] += groups[other]
        groups[other] = []
        sums[one] += sums[other]
        counts[one] += counts[other]
        apart[one] |= apart[other]
        apart[:, one] = apart[one]
        apart[other] = apart[:, other] = True
        places[one] = space.place(sums[one][None] / counts[one])[0]
        differ[one] = differ[:, one] = 1 - places @ places[one]
        differ[apart] = NEVER
    return [merged(group) for group in groups if group]


def merged(pieces: Sequence[Piece]) -> Piece:
    """Pieces of one person -> the person."""
    faces = sorted((face for each in pieces for face in each.faces), key=lambda face: face.time)
    counts = [len(each.faces) for each in pieces]
    look = np.average([each.look for each in pieces], axis=0, weights=counts)
    return Piece(faces, look, sum(each.alone for each in pieces))


def give(people: list[Piece], pieces: Sequence[Piece], space: Space) -> list[Piece]:
    """Give short pieces to the people they fit best, closest first -> those that fit nobody."""
    left = dict(enumerate(pieces))
    looks = np.array([each.look for each in (*pieces, *people)]).reshape(-1, LENGTH)
    places = space.place(looks)
    unlike = ((1 - places[: len(pieces)] @ places[len(pieces) :].T) / USUAL) ** 2
    costs = np.full(unlike.shape, np.inf)

    def count(at: int, who: int) -> None:
        way = off_the_way(people[who].faces, pieces[at].faces)
        costs[at, who] = unlike[at, who] + way

    for at, who in np.argwhere(unlike < MOST_COST).tolist():
        count(at, who)
    while costs.size and costs.min() < MOST_COST:
        at, who = divmod(int(costs.argmin()), len(people))
        given = left.pop(at)
        people[who] = merged([people[who], given])
        costs[at] = np.inf
        for other in np.flatnonzero(unlike[:, who] < MOST_COST).tolist():
            if other in left and abs(left[other].start - given.start) <= 2 * REACH_SECONDS:
                count(other, who)
    return list(left.values())


def without_strays(people: Sequence[Piece], space: Space) -> tuple[list[Piece], list[Sighting]]:
    """People -> the same without the faces that may be somebody else's, and these."""
    kept, strays = list[Piece](), list[Sighting]()
    for person in people:
        others = [each for each in people if each is not person]
        out = unlike_faces(person, others, space)
        rest = [face for face in person.faces if id(face) not in out]
        triples = zip(rest, rest[1:], rest[2:], strict=False)
        out |= {
            id(triple[1])
            for triple in triples
            if is_astray(*triple) and any(is_due(each.faces, triple[1]) for each in others)
        }
        strays += [face for face in person.faces if id(face) in out]
        if rest := [face for face in person.faces if id(face) not in out]:
            kept.append(merged([replace(person, faces=rest)]))
    return kept, strays


def unlike_faces(person: Piece, others: Sequence[Piece], space: Space) -> set[int]:
    """A person -> which of its faces (`id`) look like nobody, or more like who is seen oftener."""
    known = [face for face in person.faces if len(face.look)]
    if not known or not others:
        return set()
    oftener = [each.look for each in others if len(each.faces) > len(person.faces)]
    differ = 1 - space.place(looks_of(known)) @ space.place(np.array([person.look, *oftener])).T
    nearest = differ[:, 1:].min(axis=1, initial=NEVER)
    wrong = (differ[:, 0] > FAR) | (differ[:, 0] > nearest - CLEARER)
    return {id(face) for face, is_wrong in zip(known, wrong, strict=True) if is_wrong}


def to_kept(piece: Piece) -> list[Sighting]:
    """A piece -> its faces as a track shows them: no looks, and one thumbnail."""
    best = best_of(piece.faces)
    return [
        replace(face, look=NO_LOOK, thumbnail=face.thumbnail if face is best else b"")
        for face in piece.faces
    ]
