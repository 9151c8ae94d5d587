"""A video -> what is seen in its frames -> its result."""

import io
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .crops import crop_face
from .reader import PhotoReader, open_reader
from .screen_time import Moment
from .settings import VideoSettings, from_environment
from .shares import read_confusion
from .shots import View, is_cut, view_of
from .tracks import SeenFrame, Sighting, Tracker, look_of, sharpness_of
from .video import Video, VideoFrame, VideoInfo
from .video_result import VideoResult

THUMBNAIL, QUALITY = 64, 75  # px, and of the JPEG
AHEAD = 1  # frames a thread may have looked at before the first of them is taken


@dataclass(frozen=True, eq=False)
class _Look:
    """What one frame shows, before it is known what the frame before it showed."""

    view: View
    faces: tuple[Sighting, ...]


class VideoReader:
    """Looks at a video's frames; safe to share between threads."""

    def __init__(self, reader: PhotoReader, settings: VideoSettings = VideoSettings()) -> None:
        """reader: whose detector and model look at each frame."""
        self.reader, self.settings = reader, settings
        self.confusion = read_confusion(reader.scorer.model)

    def read(
        self, path: str | os.PathLike[str], start: float = 0.0, end: float | None = None
    ) -> VideoResult:
        """A file -> its result; start and end in s of what is read. Raises PhotoError."""
        reading = Reading(self, path, start, end)
        for _ in reading:
            pass
        return reading.result()

    def look_at(self, frames: Iterable[VideoFrame]) -> Iterator[tuple[VideoFrame, _Look]]:
        """Frames -> each with what it shows, in order; every thread of the finder has its own."""
        waiting: deque[tuple[VideoFrame, Future[_Look]]] = deque()
        threads = self.reader.finder.threads
        with ThreadPoolExecutor(threads) as pool:
            for frame in frames:
                waiting.append((frame, pool.submit(self._look, frame)))
                if len(waiting) > AHEAD * threads:
                    frame, look = waiting.popleft()
                    yield frame, look.result()
            while waiting:
                frame, look = waiting.popleft()
                yield frame, look.result()

    def _look(self, frame: VideoFrame) -> _Look:
        photo, scorer = frame.photo, self.reader.scorer
        faces = self.reader.finder.find_faces(photo, False, self.settings.smallest_share_in_video)
        crops = [crop_face(photo, face, scorer.size, scorer.model.margin) for face in faces]
        seen = [
            Sighting(
                frame.time,
                frame.seconds,
                face.box,
                face.confidence,
                tuple(scores),
                sharpness_of(crop),
                look_of(crop),
                to_thumbnail(crop),
            )
            for face, crop, scores in zip(
                faces, crops, scorer.score_crops(crops).tolist(), strict=True
            )
        ]
        return _Look(view_of(photo.pixels), tuple(seen))


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
        for last in known:
            self._add(last)
        self._known = last
        since, after = (last.time, last.index - 1) if last else (start, -1)  # the last one again
        self._video = Video(path, reader.settings, since, end, after)
        self.info: VideoInfo = self._video.info
        self.start, self.end = start, min(end or float("inf"), self.info.duration or float("inf"))
        self.time = since

    def __iter__(self) -> Iterator[SeenFrame]:
        """Read on -> each new frame. Raises PhotoError where the decoder fails."""
        before: View | None = None
        with self._video:
            for frame, look in self._reader.look_at(self._video):
                cut = before is not None and is_cut(before, look.view)
                before = look.view
                if self._known and frame.index <= self._known.index:
                    continue  # only its view was wanted
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


def to_thumbnail(crop: np.ndarray) -> bytes:
    """A crop -> a small JPEG of it."""
    packed = io.BytesIO()
    small = Image.fromarray(crop).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    small.save(packed, "JPEG", quality=QUALITY)
    return packed.getvalue()


def read_video(
    path: str | os.PathLike[str], start: float = 0.0, end: float | None = None
) -> VideoResult:
    """A video file -> who is on screen, for how long; the environment's model and settings.

    Raises PhotoError where the file cannot be read as a video.
    """
    return VideoReader(open_reader(), from_environment(VideoSettings)).read(path, start, end)
