"""A video file -> frames at a chosen rate, by their time stamps, decoded in another process."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from PIL import Image

from .photo import Photo, PhotoError, read_file
from .settings import VideoSettings

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".3gp")
DECODER = Path(__file__).parent / "runtime" / "decoder.py"
AHEAD = 3  # frames that are decoded before they are asked for
LONGEST = 60.0  # seconds that one frame stands for at most, whatever the time stamps say
ENCRYPTED = (b"encv", b"pssh", b"drmi")  # ISO/IEC 23001-7
HEAD_BYTES = 4_000_000  # in which they stand
STEP = 0.05  # seconds between two looks at whether the reader was closed

SENTENCES = {
    "format": "This is not a video in a format that can be read (MP4, MOV, MKV, WebM, AVI), "
    "or its beginning or end is missing.",
    "no_video": "The file holds no video, only sound or other tracks.",
    "no_frames": "The video has no frames.",
    "codec": "The video's codec is not one that can be read (H.264, HEVC, VP9, AV1, MPEG-4, ...).",
    "encrypted": "The video is encrypted, so it cannot be read.",
    "pixels": "The video has more than the {megapixels:g} megapixels a frame that are taken.",
    "memory": "The video needs more memory to decode than is granted.",
    "damaged": "The video is damaged, so it cannot be read.",
    "stalled": "The video's decoder made no progress for {seconds:g} seconds and was stopped.",
    "crashed": "The video is damaged: it made its decoder crash.",
    "start": "The video ends before {start:g} seconds.",
}


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """A frame as it is shown.

    index: the frame's place in the grid of 1 / rate seconds, from 0
    time: when it is first shown, in s from the video's start
    seconds: how long it stands for, until the next frame that was chosen or the end
    """

    index: int
    time: float
    seconds: float
    photo: Photo


@dataclass(frozen=True)
class VideoInfo:
    """What a file says of itself: duration in s where it says, frames a second, codec, size."""

    duration: float | None
    rate: float
    codec: str
    width: int
    height: int


class Video:
    """An open video; iterate over it once, and close it (`with`)."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        settings: VideoSettings = VideoSettings(),
        start: float = 0.0,
        end: float | None = None,
        after: int = -1,
    ) -> None:
        """Start the decoder and wait for what the file says of itself.

        start, end: in s, of what is read
        after: the index of the last frame that is known already
        Raises PhotoError where the file cannot be read as a video.
        """
        self.path = Path(path).absolute()
        read_file(self.path, 1)
        self._settings, self._start = settings, start
        self.errors, self.end = 0, 0.0  # packets that were skipped, and where the video ended
        self.size = 0, 0  # of the last frame, upright, in px
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue(AHEAD)
        self._closed = threading.Event()
        asked = {
            "path": str(self.path), "rate": settings.frame_rate, "side": settings.video_side,
            "pixels": settings.max_frame_pixels, "memory": settings.decoder_mb,
            "start": start, "end": end, "after": after,
        }  # fmt: skip
        self._decoder = _start_decoder(asked)
        threading.Thread(target=self._receive, daemon=True).start()
        try:
            head = self._next()
            self.info = VideoInfo(**{name: head[name] for name in VideoInfo.__annotations__})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Every frame that is due, in order. Raises PhotoError where the decoder fails."""
        waiting: dict[str, Any] | None = None
        while True:
            message = self._next()
            if waiting:
                frame = _to_frame(waiting, message["time"], self._settings.video_side)
                self.size = frame.photo.width, frame.photo.height
                yield frame
            if message["kind"] == "end":
                break
            waiting = message
        self.end, self.errors = message["time"], message["errors"]
        if not waiting and self._start and self.end <= self._start:
            raise PhotoError(SENTENCES["start"].format(start=self._start))

    def close(self) -> None:
        """End the decoder, whatever it does."""
        self._closed.set()
        self._decoder.kill()
        self._decoder.wait()
        for stream in (self._decoder.stdin, self._decoder.stdout):
            if stream:
                stream.close()

    def _next(self) -> dict[str, Any]:
        """The next message that is no sign of life. Raises PhotoError."""
        seconds = self._settings.stall_seconds
        while True:
            try:
                message = self._messages.get(timeout=seconds)
            except queue.Empty:
                raise PhotoError(SENTENCES["stalled"].format(seconds=seconds)) from None
            if message["kind"] == "error":
                raise PhotoError(self._reason(message))
            if message["kind"] != "beat":
                return message

    def _reason(self, message: dict[str, Any]) -> str:
        why = message["why"]
        if why in ("codec", "damaged") and is_encrypted(self.path):
            why = "encrypted"
        return SENTENCES[why].format(**message)

    def _receive(self) -> None:
        """Messages of the decoder -> the queue, until it ends or nobody wants more."""
        stream = self._decoder.stdout
        assert stream is not None
        last = ""
        while last not in ("end", "error"):
            try:
                message = _read_message(stream)
            except (OSError, ValueError):  # it crashed, or was killed by `close`
                message = {"kind": "error", "why": "crashed"}
            last = message["kind"]
            while not self._closed.is_set():
                try:
                    self._messages.put(message, timeout=STEP)
                    break
                except queue.Full:
                    continue


def is_video(path: Path) -> bool:
    """Whether a file's name says that it is a video."""
    return path.suffix.lower() in SUFFIXES


def is_encrypted(path: Path) -> bool:
    """A file that cannot be decoded -> whether its head or tail names an encrypted box."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - HEAD_BYTES))
        return any(box in part for part in (head, file.read(HEAD_BYTES)) for box in ENCRYPTED)


def _start_decoder(asked: dict[str, Any]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", str(DECODER), json.dumps(asked)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _read_message(stream: IO[bytes]) -> dict[str, Any]:
    """A stream -> its next message. Raises ValueError where it ends before."""
    head: dict[str, Any] = json.loads(stream.readline())
    head["content"] = stream.read(head["bytes"])
    if len(head["content"]) < head["bytes"]:
        raise ValueError("The decoder ended in the middle of a frame.")
    return head


def _to_frame(message: dict[str, Any], until: float, side: int) -> VideoFrame:
    seconds = min(LONGEST, max(0.0, until - message["time"]))
    photo = _to_photo(message, side)
    return VideoFrame(message["index"], message["time"], seconds, photo)


def _to_photo(message: dict[str, Any], side: int) -> Photo:
    """A frame's message -> its pixels, one field where it is interlaced, turned upright."""
    height, width, line = message["height"], message["width"], message["line"]
    rows = np.frombuffer(message["content"], np.uint8).reshape(height, line)
    pixels = rows[:, : 3 * width].reshape(height, width, 3)
    across, down = message["original"]
    if message["interlaced"]:
        shrink = min(1.0, side / max(across, down))
        size = max(1, round(across * shrink)), max(1, round(down * shrink))
        field = Image.fromarray(np.ascontiguousarray(pixels[::2]))
        pixels = np.asarray(field.resize(size, Image.Resampling.BILINEAR))
    turns = round(message["turn"] / 90) % 4
    upright = np.ascontiguousarray(np.rot90(pixels, turns))
    return Photo(upright, *((down, across) if turns % 2 else (across, down)))
