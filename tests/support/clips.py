"""Pictures -> small video files of every kind, made by PyAV."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

TICKS = 30_000  # a second; MPEG-4 counts up to 65,535


@contextmanager
def as_urgent_as_before() -> Iterator[None]:
    """Undo what SVT-AV1's encoder does to a thread of root's: real time, before all else.

    Whatever this process starts later would inherit it, and a browser that spins stop the machine.
    """
    if not hasattr(os, "sched_getscheduler"):  # as on macOS
        yield
        return
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def write_clip(
    path: Path,
    pictures: Iterable[np.ndarray],
    times: Sequence[float] | None = None,
    rate: int = 10,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
) -> Path:
    """Pictures (rows, columns, 3) uint8 -> a video of them; times in s, else `rate` a second."""
    with as_urgent_as_before(), av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            at = times[number] if times is not None else number / rate
            frame.pts, frame.time_base = round(at * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path, seconds: float = 0.5) -> Path:
    """A file with sound alone."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, int(8000 * seconds)), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn_clip(path: Path, quarter_turns: int) -> Path:
    """An MP4 -> the same with a flag to show it turned clockwise by so many quarters."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 44  # version 0: 4 of the name, then 40 before the matrix
    one = 1 << 16
    a, b, c, d = [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)][quarter_turns % 4]
    matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]
    content[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(content)
    return path


def scenes(astronaut: np.ndarray, side: int = 256) -> dict[str, np.ndarray]:
    """The astronaut, and the same place without her: `side` px."""
    from PIL import Image

    face = np.asarray(Image.fromarray(astronaut).crop((60, 0, 380, 320)).resize((side, side)))
    return {"face": face, "empty": np.ascontiguousarray(face[::-1, :, ::-1]) // 2}
