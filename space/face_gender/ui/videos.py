"""A video a visitor sent -> its result, within the page's limits."""

import time
from collections.abc import Iterator
from pathlib import Path

from ..photo import PhotoError
from ..runtime.uploads import keep
from ..settings import PageSettings
from ..video_reader import Reading, VideoReader
from . import strings
from .batch import is_gone

AT_ONCE = 1  # videos that are read; others wait their turn
SLACK = 1.02  # of the minutes: durations are rounded


class VisitorVideos:
    """Reads visitors' videos."""

    def __init__(self, reader: VideoReader, settings: PageSettings) -> None:
        """settings: how large and long a video may be, and how long uploads are kept."""
        self.reader, self._settings = reader, settings
        self._keep_every = settings.kept_seconds / 4

    def open(self, path: Path, start: float = 0.0, end: float | None = None) -> Reading:
        """A video that was sent -> it, ready to be read. Raises PhotoError, also beyond limits."""
        if is_gone(path):
            raise PhotoError(strings.GONE_VIDEO)
        if path.stat().st_size > self._settings.max_video_mb * 1_000_000:
            raise PhotoError(strings.LARGE_VIDEO.format(megabytes=self._settings.max_video_mb))
        start = max(0.0, start)
        most = 60 * self._settings.max_video_minutes
        until = start + most if end is None else end
        if until <= start:
            raise PhotoError(strings.NO_PART)
        reading = Reading(self.reader, path, start, min(until, start + most * SLACK))
        asked = (
            min(until, reading.info.duration or 0.0) if end is not None else reading.info.duration
        )
        if (asked or 0.0) - start > most * SLACK:
            reading.close()
            raise PhotoError(strings.LONG_VIDEO.format(minutes=self._settings.max_video_minutes))
        return reading

    def read(self, reading: Reading, path: Path) -> Iterator[None]:
        """Read on, step by step; the upload is kept meanwhile, the decoder ended in any case."""
        due = 0.0
        try:
            for _ in reading:
                if time.monotonic() >= due:
                    keep([path])
                    due = time.monotonic() + self._keep_every
                yield
        finally:
            reading.close()
