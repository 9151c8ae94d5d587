"""A video's result -> its tables, its sentence, and a page with a timeline."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from ..drawing import colour_of
from ..photo import PhotoError
from ..screen_time import Summary
from ..sightings import Sighting
from ..tracks import Track
from ..video_result import VideoResult
from .rendering import PIECES, TEMPLATES, how_many, percent, span
from .tables import NO_FACE, OK, Row, write_csv

VIDEO_COLUMNS = ("time", "seconds", "shot", "track", "track_label")
TRACK_COLUMNS = (
    "video",
    "track",
    "shot",
    "start",
    "end",
    "seconds",
    "frames",
    "best_time",
    "label",
)
LANES = 300  # tracks that are drawn, the longest
BARS = 400  # of one lane
TICKS = 8  # of the ruler, about
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # s between two of them
GAP = 1e-3  # s between two frames that follow each other

VideoOutcome = VideoResult | PhotoError


def video_rows(name: str, outcome: VideoOutcome) -> list[Row]:
    """A row a face and frame, with the keys of a photo's and VIDEO_COLUMNS; one without faces."""
    if isinstance(outcome, PhotoError):
        return [{"photo": name, "status": f"error: {outcome}"}]
    rows: list[Row] = []
    for row in outcome.face_rows():
        same = bool(rows) and rows[-1]["time"] == row["time"]
        face = rows[-1]["face"] + 1 if same else 1
        rows.append({"photo": name, "status": OK, "face": face, **row})
    return rows or [{"photo": name, "status": NO_FACE}]


def track_rows(name: str, outcome: VideoOutcome) -> list[Row]:
    """A row a track; none where the video could not be read. Keys: TRACK_COLUMNS, classes."""
    if isinstance(outcome, PhotoError):
        return []
    return [{"video": name, **row} for row in outcome.track_rows()]


def short_rows(name: str, outcome: VideoOutcome) -> list[Row]:
    """A row a track with the keys of a photo's, for a terminal."""
    rows = [
        {"photo": name, "status": OK, "face": row["track"], **row}
        for row in track_rows(name, outcome)
    ]
    return rows or video_rows(name, outcome)


def video_record(name: str, outcome: VideoOutcome) -> Row:
    """`video`, `status` and, where it was read, the result's keys."""
    if isinstance(outcome, PhotoError):
        return {"video": name, "status": f"error: {outcome}"}
    status = OK if outcome.tracks else NO_FACE
    return {"video": name, "status": status, **outcome.to_dict()}


def say_summary(summary: Summary) -> str:
    """A summary -> a sentence."""
    tracks, shots = how_many(summary.tracks, "track"), how_many(summary.shots, "shot")
    times = "; ".join(
        f"{each.label} {each.seconds:.1f} s" for each in summary.by_label if each.tracks
    )
    return (
        f"{clock(summary.seconds)} read, {shots}, {tracks}, "
        f"{summary.without_face:.1f} s without a face{'. ' + times if times else ''}."
    )


def video_figure(name: str, outcome: VideoOutcome) -> str:
    """A video -> a figure of the page of results, as wide as the page."""
    if isinstance(outcome, PhotoError):
        return str(PIECES.failed_figure(name, str(outcome)))
    return f'<figure style="grid-column:1/-1">{video_section(name, outcome)}</figure>'


def video_section(name: str, result: VideoResult, lanes: int = LANES) -> str:
    """A result -> HTML that needs nothing else: summary, screen time, `lanes` tracks' timeline."""
    summary = result.summary
    longest = sorted(result.tracks, key=lambda track: -track.seconds)[:lanes]
    shown = sorted(longest, key=lambda track: track.number)
    axis = _Axis(result)
    some = f"the {lanes} longest of {summary.tracks} tracks"
    return TEMPLATES.get_template("video.html").render(
        id=name,
        name=name,
        sentence=say_summary(summary),
        notes=result.notes,
        times=list(_times(result)),
        corrected=", ".join(
            f"{each.label} {percent(each.share)} [{span(each.interval)}]"
            for each in summary.corrected
        ),
        tracks=[_lane(track, result, axis) for track in shown],
        tracks_said=some if summary.tracks > lanes else how_many(summary.tracks, "track"),
        ticks=list(axis.ticks()),
        cuts=list(axis.cuts(result)),
    )


class _Axis:
    """Seconds of what was read -> percent of the timeline."""

    def __init__(self, result: VideoResult) -> None:
        moments = result.moments
        self.start = moments[0].time if moments else 0.0
        self.end = moments[-1].time + moments[-1].seconds if moments else 1.0
        self.length = max(1e-3, self.end - self.start)

    def at(self, time: float) -> float:
        return round(100 * (time - self.start) / self.length, 3)

    def ticks(self) -> Iterator[dict[str, Any]]:
        step = next((step for step in STEPS if self.length / step <= TICKS), STEPS[-1])
        first = int(-(-self.start // step))
        for number in range(first, int(self.end // step) + 1):
            yield {"left": self.at(number * step), "said": clock(number * step)}

    def cuts(self, result: VideoResult) -> Iterator[float]:
        for before, after in pairwise(result.moments):
            if before.shot != after.shot:
                yield self.at(after.time)


def _times(result: VideoResult) -> Iterator[dict[str, Any]]:
    for each in result.summary.by_label:
        low, high = each.seconds_interval
        yield {
            "label": each.label,
            "colour": colour_of(each.label, result.labels),
            "seconds": f"{each.seconds:.1f} [{low:.1f} to {high:.1f}]",
            "share": f"{percent(each.share)} [{span(each.share_interval)}]",
            "tracks": each.tracks,
        }


def _lane(track: Track, result: VideoResult, axis: _Axis) -> dict[str, Any]:
    label = result.label_of(track)
    span_said = f"{clock(track.start)}, {track.seconds:.1f} s"
    return {
        "number": track.number,
        "label": label,
        "colour": colour_of(label, result.labels),
        "score": f"{max(track.scores):.2f}",
        "span": span_said,
        "title": f"Track {track.number}: {label}, {span_said}, shot {track.shot}",
        "picture": base64.b64encode(track.best.thumbnail).decode(),
        "pieces": [
            {"left": axis.at(start), "width": round(100 * (end - start) / axis.length, 3)}
            for start, end in spans_of(track.sightings)[:BARS]
        ],
    }


def spans_of(sightings: Sequence[Sighting]) -> list[tuple[float, float]]:
    """A track's faces -> from when to when they are seen without a gap, in s."""
    spans: list[tuple[float, float]] = []
    for face in sightings:
        if spans and face.time - spans[-1][1] < GAP:
            spans[-1] = (spans[-1][0], face.time + face.seconds)
        else:
            spans.append((face.time, face.time + face.seconds))
    return spans


def clock(seconds: float) -> str:
    """Seconds -> 1:02:03, or 2:03."""
    minutes, left = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def tracks_csv(rows: Iterable[Row], labels: Sequence[str]) -> str:
    """Rows a track -> CSV."""
    return write_csv(rows, (*TRACK_COLUMNS, *labels))
