"""What a video holds: frames, tracks, and who is on screen for how long."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .decision import decide
from .model_folder import UNCERTAIN
from .shares import MIDDLE, Interval, correct_shares
from .tracks import Sighting, Track
from .video import VideoInfo

DRAWS = 2000  # of tracks, for an interval
AT_ONCE = 100  # draws: memory does not grow with the film


@dataclass(frozen=True)
class Moment:
    """A frame that was looked at: its shot, from 1, when it is shown and for how long, in s."""

    index: int
    time: float
    seconds: float
    shot: int


@dataclass(frozen=True)
class ScreenTime:
    """Seconds on screen and share of all face time of a label, each with its 95 % interval."""

    label: str
    seconds: float
    seconds_interval: Interval
    share: float
    share_interval: Interval
    tracks: int


@dataclass(frozen=True)
class CorrectedShare:
    """A class's share of face time once the model's known confusion is taken back."""

    label: str
    share: float
    interval: Interval


@dataclass(frozen=True)
class Summary:
    """Who is on screen, for how long.

    seconds: that were read; without_face: of these, with no face on screen
    face_seconds: of all tracks together; two faces at once count twice
    by_label: the decisions, "uncertain" last; corrected: best guesses, corrected; may be empty
    """

    seconds: float
    without_face: float
    face_seconds: float
    shots: int
    tracks: int
    by_label: tuple[ScreenTime, ...]
    corrected: tuple[CorrectedShare, ...]


@dataclass(frozen=True, eq=False, repr=False)
class VideoResult:
    """A video that was read; iterate over it for (moment, {track's number: face}).

    notes: a sentence on each thing that could not be read
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
        return summarise(self)

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
        import pandas

        columns = "time seconds shot track left top right bottom confidence label track_label"
        return pandas.DataFrame(list(self.face_rows()), columns=[*columns.split(), *self.labels])


def summarise(result: VideoResult) -> Summary:
    """A result -> its summary.

    Intervals are of a bootstrap over tracks: another film of the same people and makers. Tracks of
    one person in many shots are not independent, so the truth's interval is wider.
    """
    names = (*result.labels, UNCERTAIN)
    seconds = np.array([track.seconds for track in result.tracks])
    labels = [names.index(result.label_of(track)) for track in result.tracks]
    best = [int(np.argmax(track.scores)) for track in result.tracks]
    times = (
        np.eye(len(names))[labels] * seconds[:, None] if len(seconds) else np.zeros((0, len(names)))
    )
    guesses = (
        np.eye(len(result.labels))[best] * seconds[:, None]
        if len(seconds)
        else np.zeros((0, len(result.labels)))
    )
    drawn = draw_sums(np.concatenate([times, guesses], axis=1))
    screen = _screen_times(names, times, drawn[:, : len(names)], labels)
    moments = list(result)
    return Summary(
        seconds=sum(moment.seconds for moment, _ in moments),
        without_face=sum(moment.seconds for moment, faces in moments if not faces),
        face_seconds=float(seconds.sum()),
        shots=len({moment.shot for moment, _ in moments}),
        tracks=len(result.tracks),
        by_label=screen,
        corrected=_corrected(result, guesses, drawn[:, len(names) :]),
    )


def draw_sums(values: np.ndarray) -> np.ndarray:
    """(tracks, n) -> (DRAWS, n), sums over as many tracks drawn with replacement."""
    tracks, n = values.shape
    if not tracks:
        return np.zeros((DRAWS, n))
    rng = np.random.default_rng(0)
    even = np.full(tracks, 1 / tracks)
    parts = [rng.multinomial(tracks, even, AT_ONCE) @ values for _ in range(DRAWS // AT_ONCE)]
    return np.concatenate(parts)


def _screen_times(
    names: Sequence[str], times: np.ndarray, drawn: np.ndarray, labels: Sequence[int]
) -> tuple[ScreenTime, ...]:
    sums = times.sum(axis=0)
    shares = _shares(sums[None])[0]
    second_ends, share_ends = (
        np.quantile(each, MIDDLE, axis=0) for each in (drawn, _shares(drawn))
    )
    return tuple(
        ScreenTime(
            name,
            float(sums[at]),
            (float(second_ends[0, at]), float(second_ends[1, at])),
            float(shares[at]),
            (float(share_ends[0, at]), float(share_ends[1, at])),
            labels.count(at),
        )
        for at, name in enumerate(names)
    )


def _corrected(
    result: VideoResult, guesses: np.ndarray, drawn: np.ndarray
) -> tuple[CorrectedShare, ...]:
    if result.confusion is None or not len(guesses):
        return ()
    shares = _shares(guesses.sum(axis=0)[None])[0]
    found = correct_shares(shares, _shares(drawn), result.confusion)
    return tuple(
        CorrectedShare(label, share, interval)
        for label, (share, interval) in zip(result.labels, found, strict=False)
    )


def _shares(sums: np.ndarray) -> np.ndarray:
    """(n, labels) seconds -> shares of each row; 0 where there are none."""
    totals = sums.sum(axis=1, keepdims=True)
    return sums / np.where(totals > 0, totals, 1)


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]


def _rounded_all(value: Any) -> Any:
    """Every number in dicts and lists -> with four digits."""
    if isinstance(value, dict):
        return {name: _rounded_all(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded_all(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
