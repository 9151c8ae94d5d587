"""A video -> what is seen in its frames -> its result."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .frame_reader import EVERY, FrameReader
from .reader import PhotoReader, open_reader
from .screen_time import Moment
from .settings import VideoSettings, from_environment
from .shares import read_confusion
from .shots import View, is_cut
from .sightings import SeenFrame
from .tracks import Tracker
from .video import Video, VideoInfo
from .video_result import VideoResult


class VideoReader:
    """Looks at a video's frames; safe to share between threads."""

    def __init__(self, reader: PhotoReader, settings: VideoSettings = VideoSettings()) -> None:
        """reader: whose detector and model look at each frame."""
        self.reader, self.settings = reader, settings
        self.frames = FrameReader(reader, settings.smallest_share_in_video)
        self.confusion = read_confusion(reader.scorer.model)

    def read(
        self, path: str | os.PathLike[str], start: float = 0.0, end: float | None = None
    ) -> VideoResult:
        """A file -> its result; start and end in s of what is read. Raises PhotoError."""
        reading = Reading(self, path, start, end)
        for _ in reading:
            pass
        return reading.result()


class Reading:
    """A video while it is read: iterate over it for the new frames, then take the result."""

    def __init__(
        self,
        reader: VideoReader,
        path: str | os.PathLike[str],
        start: float = 0.0,
        end: float | None = None,
        known: Iterable[SeenFrame] = (),
    ) -> None:
        """known: frames of the same video, start and settings that were seen before, in order.

        Raises PhotoError where the file cannot be read as a video.
        """
        self._reader, self._tracker = reader, Tracker()
        self._moments: list[Moment] = []
        last: SeenFrame | None = None
        again: SeenFrame | None = None  # the first that is read again
        for last in known:
            self._add(last)
            if not again or again.index // EVERY != last.index // EVERY:
                again = last
        self._known = last
        since, after = (again.time, again.index - 1) if again else (start, -1)
        self._video = Video(path, reader.settings, since, end, after)
        self.info: VideoInfo = self._video.info
        self.start, self.end = start, min(end or float("inf"), self.info.duration or float("inf"))
        self.time = since

    def __iter__(self) -> Iterator[SeenFrame]:
        """Read on -> each new frame. Raises PhotoError where the decoder fails."""
        before: View | None = None
        with self._video:
            for frame, look in self._reader.frames.read(self._video):
                cut = before is not None and is_cut(before, look.view)
                before = look.view
                if self._known and frame.index <= self._known.index:
                    continue  # only what the next ones need of it was wanted
                seen = SeenFrame(frame.index, frame.time, frame.seconds, cut, look.faces)
                self._add(seen)
                self.time = frame.time + frame.seconds
                yield seen

    @property
    def share(self) -> float:
        """How much of the video is read, 0..1; 0 where the file does not say how long it is."""
        return min(1.0, (self.time - self.start) / self.length) if self.length else 0.0

    @property
    def length(self) -> int | None:
        """Whole seconds to read; None where the file does not say how long it is."""
        whole = self.end - self.start
        return round(whole) if 0 < whole < float("inf") else None

    @property
    def frames(self) -> int:
        """How many were seen."""
        return len(self._moments)

    def result(self) -> VideoResult:
        """What was read so far."""
        reader = self._reader.reader
        return VideoResult(
            self._upright(),
            tuple(self._moments),
            self._tracker.tracks(),
            reader.threshold,
            reader.labels,
            reader.model,
            reader.revision,
            self._reader.confusion,
            tuple(self._notes()),
            self._tracker.unsure(),
        )

    def close(self) -> None:
        """End the decoder."""
        self._video.close()

    def _add(self, seen: SeenFrame) -> None:
        self._tracker.add(seen)
        self._moments.append(Moment(seen.index, seen.time, seen.seconds, self._tracker.shot))

    def _upright(self) -> VideoInfo:
        width, height = self._video.size
        return replace(self.info, width=width, height=height) if width else self.info

    def _notes(self) -> Iterator[str]:
        if self._video.errors:
            yield f"{self._video.errors} damaged pieces of the video were skipped."
        duration = self.info.duration
        if duration and self.end == duration and self._video.end < 0.9 * duration:
            read = self._video.end
            yield f"The video ends after {read:.1f} of the {duration:.1f} seconds it claims."


def read_video(
    path: str | os.PathLike[str], start: float = 0.0, end: float | None = None
) -> VideoResult:
    """A video file -> who is on screen, for how long; the environment's model and settings.

    Raises PhotoError where the file cannot be read as a video.
    """
    return VideoReader(open_reader(), from_environment(VideoSettings)).read(path, start, end)
