"""Tracks with their decisions -> seconds on screen and shares by label, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .model_folder import UNCERTAIN
from .shares import MIDDLE, Interval, correct_shares, estimates_of
from .sightings import Sighting
from .tracks import Track

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


def summarise(
    frames: Sequence[tuple[Moment, Mapping[int, Sighting]]],
    tracks: Sequence[tuple[Track, str]],
    labels: tuple[str, ...],
    confusion: np.ndarray | None,
) -> Summary:
    """Frames with their faces, and tracks with their decisions -> the summary.

    Intervals are of a bootstrap over tracks: another film of the same people and makers. Tracks of
    one person in many shots are not independent, so the truth's interval is wider.
    """
    names = (*labels, UNCERTAIN)
    seconds = np.array([track.seconds for track, _ in tracks])
    decided = [names.index(label) for _, label in tracks]
    best = [int(np.argmax(track.scores)) for track, _ in tracks]
    times, guesses = (
        _by_column(decided, seconds, len(names)),
        _by_column(best, seconds, len(labels)),
    )
    drawn = draw_sums(np.concatenate([times, guesses], axis=1))
    return Summary(
        seconds=sum(moment.seconds for moment, _ in frames),
        without_face=sum(moment.seconds for moment, faces in frames if not faces),
        face_seconds=float(seconds.sum()),
        shots=len({moment.shot for moment, _ in frames}),
        tracks=len(tracks),
        by_label=_screen_times(names, times, drawn[:, : len(names)], decided),
        corrected=_corrected(labels, confusion, guesses, drawn[:, len(names) :]),
    )


def _by_column(columns: Sequence[int], seconds: np.ndarray, n: int) -> np.ndarray:
    """N tracks' columns and seconds -> (tracks, n), the seconds in their column."""
    return np.eye(n)[np.array(columns, int)] * seconds[:, None]


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
    labels: Sequence[str], confusion: np.ndarray | None, guesses: np.ndarray, drawn: np.ndarray
) -> tuple[CorrectedShare, ...]:
    if confusion is None or not len(guesses):
        return ()
    shares = _shares(guesses.sum(axis=0)[None])[0]
    truth = correct_shares(shares, _shares(drawn), confusion)
    found = estimates_of(truth) if truth else []
    return tuple(
        CorrectedShare(label, each.share, each.interval)
        for label, each in zip(labels, found, strict=False)
    )


def _shares(sums: np.ndarray) -> np.ndarray:
    """(n, labels) seconds -> shares of each row; 0 where there are none."""
    totals = sums.sum(axis=1, keepdims=True)
    return sums / np.where(totals > 0, totals, 1)
