"""A video -> its frames on standard output: a script that runs in a process of its own.

A stranger's file that crashes, stalls or floods the decoder then ends this process and no other.
It imports nothing of the package, so that it starts fast. Its one argument is a JSON object, as
video.py writes it. Each message is a line of JSON; a frame's RGB bytes follow its line.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.video.reformatter import Interpolation

# Playlists and lists of files are left out: they name other files and addresses to open.
DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"
CODECS = {
    *("av1", "libdav1d", "h263", "h264", "hevc", "libvpx", "libvpx-vp9", "vp8", "vp9"),
    *("mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v2", "msmpeg4v3", "wmv2"),
    *("dnxhd", "ffv1", "prores"),
}
SHARED_PIXELS = 4_000_000  # a frame of more is decoded by one thread: each thread holds frames
BEAT_SECONDS = 1.0  # between two signs of life while no frame is due
ASPECTS = (0.1, 10.0)  # of a pixel; a file that says anything else has square ones
NO_FRAME_RATE = 25.0  # assumed where neither frames nor the file say when they are shown
RETRIES = 20  # after damage, before the rest of a file is given up
MEMORY_SIGNS = ("memory", "resource")


class Refused(Exception):  # noqa: N818 (not an error of this program)
    """Why a file gives no frames: the key of a sentence, and what fills its gaps."""


def main() -> None:
    """Answer the one request, then end."""
    asked = json.loads(sys.argv[1])
    _limit_memory(asked["memory"])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    av.logging.set_level(av.logging.PANIC)
    try:
        send(kind="end", **decode(asked))
    except Refused as refused:
        why, *rest = refused.args
        send(kind="error", why=why, **dict(*rest))
    except MemoryError:
        send(kind="error", why="memory")
    except (av.FFmpegError, OSError, ValueError) as error:
        out_of_memory = any(sign in str(error).lower() for sign in MEMORY_SIGNS)
        send(kind="error", why="memory" if out_of_memory else "damaged")
    sys.stdout.flush()
    os._exit(0)  # some decoders take seconds to close what is damaged


def decode(asked: dict[str, Any]) -> dict[str, Any]:
    """A request -> its frames, sent -> how the file ended: `time` in s, `errors` skipped."""
    container = open_file(asked["path"])  # never closed: that may wait for a decoder's threads
    stream = pick_stream(container, asked["pixels"])
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    rate = float(stream.average_rate or NO_FRAME_RATE)
    send(kind="info", duration=_duration(container, stream), rate=rate,
         codec=stream.codec_context.name, width=stream.width, height=stream.height)  # fmt: skip
    errors = [0]
    if asked["start"] > 0:
        _seek(container, asked["start"] + start)
    shown = send_due(timed(frames_of(container, stream, errors), start, 1 / rate), asked)
    if not shown["seen"]:
        raise Refused("damaged" if errors[0] else "no_frames")
    return {"time": shown["time"], "errors": errors[0]}


def open_file(path: str) -> Any:
    """A path -> its container, of a kind that names no other file. Raises Refused."""
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file"}
    try:
        return av.open("file:" + path, options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        if any(sign in str(error).lower() for sign in MEMORY_SIGNS):
            raise Refused("memory") from error
        raise Refused("format") from error


def pick_stream(container: Any, most_pixels: int) -> Any:
    """A container -> its first moving picture, ready to decode. Raises Refused."""
    found = [each for each in container.streams.video if not _is_cover(each)]
    if not found:
        raise Refused("no_video")
    stream = found[0]
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        raise Refused("codec")
    _check_size(codec.width, codec.height, most_pixels)
    codec.thread_type = "AUTO"
    codec.thread_count = 2 if codec.width * codec.height <= SHARED_PIXELS else 1
    return stream


def frames_of(container: Any, stream: Any, errors: list[int]) -> Iterator[Any]:
    """A stream -> its frames in the order they are shown; damage is skipped and counted."""
    for packet in packets_of(container, stream, errors):
        try:
            yield from packet.decode()
        except av.FFmpegError as error:
            if any(sign in str(error).lower() for sign in MEMORY_SIGNS):
                raise MemoryError from error
            errors[0] += 1
        Beat.once()


def packets_of(container: Any, stream: Any, errors: list[int]) -> Iterator[Any]:
    """A stream -> its packets, looked for again after damage."""
    for _ in range(RETRIES):
        try:
            yield from container.demux(stream)
            return
        except (av.FFmpegError, OSError):
            errors[0] += 1


def timed(frames: Iterator[Any], start: float, step: float) -> Iterator[tuple[float, Any]]:
    """Frames -> each with its time in s from the video's start, which never goes back.

    A frame without a time follows the last by `step`; where times jump back, as in files that
    were joined, they go on from there.
    """
    last, moved = -step, -start
    for frame in frames:
        at = (
            None if frame.pts is None or not frame.time_base else float(frame.pts * frame.time_base)
        )
        time_ = last + step if at is None else at + moved
        if time_ < last:
            moved += last + step - time_
            time_ = last + step
        last = time_
        yield max(0.0, time_), frame


def send_due(frames: Iterator[tuple[float, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """Timed frames -> those that are due are sent -> how many were seen, and the end."""
    rate, done = asked["rate"], asked["after"]
    seen, end, step, shown = 0, 0.0, 0.0, 0.0
    for at, frame in frames:
        if asked["end"] is not None and at >= asked["end"]:
            return {"seen": seen + 1, "time": asked["end"]}
        step = at - shown if seen else 0.0
        seen, shown = seen + 1, at
        end = at + (_length(frame) or step)
        index = int(at * rate + 1e-6) if rate else seen - 1
        if index <= done or at < asked["start"] - 1e-6:
            continue
        done = index
        _check_size(frame.width, frame.height, asked["pixels"])
        send_frame(at, index, frame, asked["side"])
    return {"seen": seen, "time": end}


def send_frame(at: float, index: int, frame: Any, side: int) -> None:
    """A frame -> a message of its RGB pixels, at most `side` px long unless it is interlaced."""
    width, height = frame.width, frame.height
    aspect = _aspect(frame)
    interlaced = bool(frame.interlaced_frame)
    if not interlaced:
        shrink = min(1.0, side / max(width * aspect, height))
        width = max(1, round(width * aspect * shrink))
        height = max(1, round(height * shrink))
    same = (width, height) == (frame.width, frame.height)
    how = Interpolation.BILINEAR if same else Interpolation.AREA
    rgb = frame.reformat(width=width, height=height, format="rgb24", interpolation=how)
    plane = rgb.planes[0]
    send(memoryview(plane), kind="frame", time=at, index=index, width=width, height=height,
         line=plane.line_size, turn=int(frame.rotation or 0), interlaced=interlaced,
         original=[round(frame.width * aspect), frame.height])  # fmt: skip


def send(payload: Any = b"", **head: Any) -> None:
    """A head and bytes -> a message on standard output."""
    out = sys.stdout.buffer
    out.write(json.dumps({**head, "bytes": len(payload)}).encode() + b"\n")
    out.write(payload)
    out.flush()
    Beat.last = time.monotonic()


class Beat:
    """When anything was last sent."""

    last = time.monotonic()

    @classmethod
    def once(cls) -> None:
        """Send a sign of life, if it is time for one."""
        if time.monotonic() - cls.last > BEAT_SECONDS:
            send(kind="beat")


def _duration(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return max(0.0, float(stream.duration * stream.time_base))
    return max(0.0, container.duration / av.time_base) if container.duration else None


def _seek(container: Any, seconds: float) -> None:
    try:
        container.seek(max(0, int(seconds * av.time_base)), backward=True)
    except (av.FFmpegError, OverflowError):  # no index: decode from the start
        return


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _aspect(frame: Any) -> float:
    found = getattr(frame, "sample_aspect_ratio", None) or Fraction(1)
    return float(found) if ASPECTS[0] <= found <= ASPECTS[1] else 1.0


def _length(frame: Any) -> float:
    length = getattr(frame, "duration", 0) or 0
    return float(length * frame.time_base) if frame.time_base else 0.0


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise Refused("pixels", {"megapixels": most / 1e6})


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (min(most, hard) if hard > 0 else most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    os.read(0, 1)  # which comes to nothing once the parent is gone
    os._exit(1)


if __name__ == "__main__":
    main()
