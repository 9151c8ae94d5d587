"""What was seen in a video's frames so far -> a journal's entries, so that a killed job goes on."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from .runtime.journal import Journal, stamp_of
from .sightings import SeenFrame, Sighting

FRAMES = 80  # of an entry: what a kill loses is seconds of work


def known_frames(journal: Journal, video: Path) -> Iterator[SeenFrame]:
    """A video -> its frames that were seen already, in order; none if it has changed since."""
    for number in count():
        place = place_of(video, number)
        if journal.missing([place]):
            return
        (entry,) = journal.read([place])
        if entry["of"] != stamp_of(video):
            return
        yield from map(_from_record, entry["frames"])


def keep_frames(
    journal: Journal, video: Path, known: int, frames: Iterable[SeenFrame]
) -> Iterator[SeenFrame]:
    """New frames of a video, of which `known` were kept before -> the same, kept as they come.

    known: a multiple of FRAMES, or the frames end there. Raises OSError where the disk is full.
    """
    number, waiting = -(-known // FRAMES), list[SeenFrame]()
    for frame in frames:
        waiting.append(frame)
        if len(waiting) == FRAMES:
            _write(journal, video, number, waiting)
            number, waiting = number + 1, []
        yield frame
    if waiting:
        _write(journal, video, number, waiting)


def place_of(video: Path, number: int) -> Path:
    """A video and an entry's number -> the name under which the journal keeps it."""
    return video.with_name(f"{video.name}#{number}")


def _write(journal: Journal, video: Path, number: int, frames: list[SeenFrame]) -> None:
    entry = {"of": stamp_of(video), "frames": [_to_record(frame) for frame in frames]}
    journal.write(place_of(video, number), entry)


def _to_record(frame: SeenFrame) -> list[Any]:
    faces = [
        [
            face.box,
            face.confidence,
            face.scores,
            face.sharpness,
            b64encode(face.look.tobytes()).decode(),
            b64encode(face.thumbnail).decode(),
        ]
        for face in frame.faces
    ]
    return [frame.index, frame.time, frame.seconds, frame.cut, faces]


def _from_record(record: list[Any]) -> SeenFrame:
    index, time, seconds, cut, faces = record
    found = (
        Sighting(
            time,
            seconds,
            (box[0], box[1], box[2], box[3]),
            confidence,
            tuple(scores),
            sharpness,
            np.frombuffer(b64decode(look), np.int8),
            b64decode(thumbnail),
        )
        for box, confidence, scores, sharpness, look, thumbnail in faces
    )
    return SeenFrame(index, time, seconds, cut, tuple(found))
