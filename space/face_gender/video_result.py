"""What a video holds: frames, tracks, and who is on screen for how long."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .decision import decide
from .result import to_frame
from .screen_time import Moment, Summary, summarise
from .sightings import Sighting
from .tracks import Track
from .video import VideoInfo


@dataclass(frozen=True, eq=False, repr=False)
class VideoResult:
    """A video that was read; iterate over it for (moment, {track's number: face}).

    notes: a sentence on each thing that could not be read
    unsure: what was found but never surely a face; only what hides faces needs it
    """

    info: VideoInfo
    moments: tuple[Moment, ...]
    tracks: tuple[Track, ...]
    threshold: float
    labels: tuple[str, ...]
    model: str
    revision: str
    confusion: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    unsure: tuple[Track, ...] = ()

    def __repr__(self) -> str:
        return (
            f"<VideoResult: {len(self.tracks)} tracks in {len(self.moments)} frames, "
            f"threshold {self.threshold:.2f}, model {self.model} {self.revision}>"
        )

    def __iter__(self) -> Iterator[tuple[Moment, dict[int, Sighting]]]:
        """Every moment with the faces in it, by their track's number."""
        seen: dict[float, dict[int, Sighting]] = {}
        for track in self.tracks:
            for face in track.sightings:
                seen.setdefault(face.time, {})[track.number] = face
        return ((moment, seen.get(moment.time, {})) for moment in self.moments)

    def label_of(self, track: Track) -> str:
        """A track -> its decision, by the scores of all its faces."""
        return decide(self.named(track.scores), self.threshold)

    def named(self, scores: Sequence[float]) -> dict[str, float]:
        """Scores in the model's order -> by class."""
        return dict(zip(self.labels, scores, strict=True))

    @cached_property
    def summary(self) -> Summary:
        """Seconds and shares by label."""
        decided = [(track, self.label_of(track)) for track in self.tracks]
        return summarise(list(self), decided, self.labels, self.confusion)

    def face_rows(self) -> Iterator[dict[str, Any]]:
        """A row a face and frame: when, where, which track, scores, and the track's decision."""
        decided = {track.number: self.label_of(track) for track in self.tracks}
        for moment, faces in self:
            for number, face in sorted(faces.items()):
                box = dict(
                    zip(("left", "top", "right", "bottom"), _rounded(face.box, 1), strict=True)
                )
                scores = self.named(face.scores)
                yield {
                    "time": round(moment.time, 3),
                    "seconds": round(moment.seconds, 3),
                    "shot": moment.shot,
                    "track": number,
                    **box,
                    "confidence": round(face.confidence, 4),
                    "label": decide(scores, self.threshold),
                    "track_label": decided[number],
                    **{name: round(score, 4) for name, score in scores.items()},
                }

    def track_rows(self) -> Iterator[dict[str, Any]]:
        """A row a track: from when to when, for how long, its decision, scores and best moment."""
        for track in self.tracks:
            yield {
                "track": track.number,
                "shot": track.shot,
                "start": round(track.start, 3),
                "end": round(track.end, 3),
                "seconds": round(track.seconds, 3),
                "frames": len(track.sightings),
                "best_time": round(track.best.time, 3),
                "label": self.label_of(track),
                **{name: round(score, 4) for name, score in self.named(track.scores).items()},
            }

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON; times in s, boxes in px of the upright original."""
        return {
            "width": self.info.width,
            "height": self.info.height,
            "duration": self.info.duration,
            "summary": _rounded_all(asdict(self.summary)),
            "tracks": list(self.track_rows()),
            "faces": list(self.face_rows()),
            "notes": list(self.notes),
            "threshold": self.threshold,
            "model": self.model,
            "revision": self.revision,
        }

    def to_pandas(self) -> Any:
        """`face_rows` as a DataFrame. Raises ModuleNotFoundError without pandas."""
        columns = "time seconds shot track left top right bottom confidence label track_label"
        return to_frame(self.face_rows(), [*columns.split(), *self.labels])


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]


def _rounded_all(value: Any) -> Any:
    """Every number in dicts and lists -> with four digits."""
    if isinstance(value, dict):
        return {name: _rounded_all(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded_all(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
