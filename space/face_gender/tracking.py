"""Results of one camera, frame by frame -> numbered faces, their scores smoothed in time."""

from dataclasses import dataclass, field
from math import exp

from .decision import decide
from .faces import Box
from .result import Result, ScoredFace

OVERLAP = 0.3  # least intersection over union of one face in two frames, each box
GROWN = 0.5  # of its size wider on each side, for cameras that show few frames
SCORE_SECONDS = 1.0  # after which a changed score has come to 63 % through
BOX_SECONDS = 0.1
FORGET_SECONDS = 1.0  # after which a face that is gone loses its number


@dataclass(frozen=True)
class Track:
    """A face of the camera: its number, smoothed box in px and scores, and when last seen, in s."""

    number: int
    box: Box
    scores: dict[str, float]
    seen: float


@dataclass(frozen=True)
class Stream:
    """What a camera has shown so far: its faces, the next number, frames per second, last time."""

    faces: tuple[Track, ...] = ()
    next_number: int = 1
    rate: float = 0.0
    time: float = field(default=float("-inf"))

    def labels(self, threshold: float) -> dict[int, str]:
        """The decision on each face that is in view, by its number."""
        return {face.number: decide(face.scores, threshold) for face in self.in_view()}

    def in_view(self) -> tuple[Track, ...]:
        """Faces of the newest frame."""
        return tuple(face for face in self.faces if face.seen == self.time)


def follow(stream: Stream, result: Result, time: float) -> Stream:
    """What was seen, the next frame's result and its time in seconds -> what is seen now."""
    known = list(stream.faces)
    number, faces = stream.next_number, []
    for scored in result.faces:
        around = grow(scored.face.box)
        match = max(known, key=lambda face: overlap(grow(face.box), around), default=None)
        if match and overlap(grow(match.box), around) >= OVERLAP:
            known.remove(match)
            faces.append(_blend(match, scored, time))
        else:
            faces.append(Track(number, scored.face.box, dict(scored.scores), time))
            number += 1
    faces += [face for face in known if time - face.seen < FORGET_SECONDS]
    return Stream(tuple(faces), number, _rate(stream, time), time)


def grow(box: Box) -> Box:
    """A box -> the same with a margin."""
    left, top, right, bottom = box
    across, down = GROWN * (right - left), GROWN * (bottom - top)
    return left - across, top - down, right + across, bottom + down


def overlap(one: Box, other: Box) -> float:
    """Two boxes -> intersection over union, 0..1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return width * height / (both - width * height)


def centre(box: Box) -> tuple[float, float]:
    """A box -> its middle."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _blend(face: Track, scored: ScoredFace, time: float) -> Track:
    passed = max(0.0, time - face.seen)
    new, nearer = 1 - exp(-passed / SCORE_SECONDS), 1 - exp(-passed / BOX_SECONDS)
    scores = {name: old + new * (scored.scores[name] - old) for name, old in face.scores.items()}
    left, top, right, bottom = (
        old + nearer * (now - old) for old, now in zip(face.box, scored.face.box, strict=True)
    )
    return Track(face.number, (left, top, right, bottom), scores, time)


def _rate(stream: Stream, time: float) -> float:
    """Frames per second, smoothed; 0 until the second frame."""
    passed = time - stream.time
    if passed <= 0 or passed > FORGET_SECONDS * 10:
        return stream.rate if passed <= 0 else 0.0
    return 1 / passed if not stream.rate else 0.8 * stream.rate + 0.2 / passed
