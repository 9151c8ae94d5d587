"""A photo or video and its result -> the same, its faces boxed, labelled or blurred."""

import os
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..drawing import Mark, blur_face, colour_of, draw_marks
from ..faces import Box
from ..result import Result
from ..runtime.files import atomic_write
from ..settings import VideoSettings
from ..tracks import Track
from ..video import Video
from ..video_result import VideoResult

KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}  # of annotated photos
SAVED: dict[str, Any] = {"quality": 92}
RATE, SIDE = 30.0, 1280  # frames a second and px of the longer side, at most
TICKS = 90_000  # a second, of the file's clock
CODECS = ("libx264", "mpeg4")
BEFORE_AND_AFTER = 0.5  # seconds for which a face is blurred though it is not seen yet, or any more


def annotate_photo(result: Result, out: Path, blur: bool = False) -> None:
    """A photo's result -> `out`, a picture of the kind its suffix says, whole or not at all.

    Raises OSError where it cannot be written.
    """
    kind = kind_of(out)
    with atomic_write(out) as beside:
        result.draw(max(result.photo.pixels.shape), blur=blur).save(beside, kind, **SAVED)


def kind_of(out: Path) -> str:
    """A picture's path -> the format to write. Raises ValueError where its suffix says none."""
    kind = KINDS.get(out.suffix.lower())
    if kind is None:
        raise ValueError(f"a photo is written as {', '.join(KINDS)}; {out} is none of them")
    return kind


def annotate(
    path: Path,
    result: VideoResult,
    out: Path,
    blur: bool = False,
    settings: VideoSettings = VideoSettings(),
    tell: Callable[[float], None] = lambda time: None,
) -> None:
    """A video's file and its result -> `out`, a silent MP4, whole or not at all.

    tell: called with the time of each frame that is written, in s
    Raises PhotoError where the video cannot be read, OSError where `out` cannot be written.
    """
    import av  # 0.1 s that readers need not wait

    moments = result.moments
    start, end = (moments[0].time, moments[-1].time + moments[-1].seconds) if moments else (0, None)
    fast = replace(settings, frame_rate=RATE, video_side=SIDE)
    try:
        with (
            atomic_write(out) as beside,
            Video(path, fast, start, end) as video,
            av.open(str(beside), "w", format="mp4") as file,
        ):
            _write_frames(file, video, result, blur, tell)
    except av.FFmpegError as error:
        number = getattr(error, "errno", 0)
        raise OSError(number, os.strerror(number)) from error


def _write_frames(
    file: Any, video: Video, result: VideoResult, blur: bool, tell: Callable[[float], None]
) -> None:
    """Every frame of a video -> drawn and encoded into an open file."""
    import av

    stream: Any = None
    start = result.moments[0].time if result.moments else 0
    for frame in video:
        shown = draw_frame(frame.photo.pixels, frame.photo.scale, result, frame.time, blur)
        stream = stream or _add_stream(file, shown.shape)
        picture = av.VideoFrame.from_ndarray(_fit(shown, stream), format="rgb24")
        picture.pts, picture.time_base = round((frame.time - start) * TICKS), Fraction(1, TICKS)
        file.mux(stream.encode(picture))
        tell(frame.time)
    if stream:
        file.mux(stream.encode())


def draw_frame(
    pixels: np.ndarray, scale: float, result: VideoResult, time: float, blur: bool
) -> np.ndarray:
    """A frame's pixels, `scale` of the original's -> the same with each track on screen.

    blur: every face that was found is blurred first, also those of no track
    """
    picture, marks = Image.fromarray(pixels), []
    around = BEFORE_AND_AFTER if blur else 0.0
    if blur:
        for track in (*result.tracks, *result.unsure):
            if box := box_at(track, time, around):
                blur_face(picture, _scaled(box, scale))
    for track in result.tracks:
        if box := box_at(track, time, around):
            label = result.label_of(track)
            said, colour = f"{track.number} {label}", colour_of(label, result.labels)
            marks.append(Mark(_scaled(box, scale), said, colour))
    draw_marks(picture, marks)
    return np.asarray(picture)


def _scaled(box: Box, scale: float) -> Box:
    left, top, right, bottom = box
    return left * scale, top * scale, right * scale, bottom * scale


def box_at(track: Track, time: float, around: float = 0.0) -> Box | None:
    """A track -> its face's box at a time, between its nearest sightings.

    None before it begins or after it ends, give or take `around` seconds.
    """
    faces = track.sightings
    if not track.start - around <= time < track.end + around:
        return None
    at = bisect_right(faces, time, key=lambda face: face.time)
    before, after = faces[max(0, at - 1)], faces[min(at, len(faces) - 1)]
    passed = after.time - before.time
    part = min(1.0, max(0.0, (time - before.time) / passed)) if passed > 0 else 0.0
    left, top, right, bottom = (
        old + part * (new - old) for old, new in zip(before.box, after.box, strict=True)
    )
    return left, top, right, bottom


def _add_stream(file: Any, shape: tuple[int, ...]) -> Any:
    import av

    codec = next(codec for codec in CODECS if codec in av.codecs_available)
    stream = file.add_stream(codec, rate=round(RATE))
    stream.width, stream.height = (max(2, side // 2 * 2) for side in (shape[1], shape[0]))
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, TICKS)
    return stream


def _fit(pixels: np.ndarray, stream: Any) -> np.ndarray:
    """Pixels -> as large as the stream; a video's frames may change their size."""
    if pixels.shape[:2] == (stream.height, stream.width):
        return np.ascontiguousarray(pixels)
    picture = Image.fromarray(pixels).resize((stream.width, stream.height))
    return np.ascontiguousarray(np.asarray(picture))
