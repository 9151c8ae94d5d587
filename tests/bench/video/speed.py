"""What reading a film costs: time, memory, and against what anybody would write first."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from skimage import data

from face_gender.reader import PhotoReader
from face_gender.runtime.malloc import give_back_memory
from face_gender.video import Video
from face_gender.video_reader import VideoReader
from tests.bench.video.made import talking, without_scores
from tests.support.clips import write_clip

SECONDS = 20  # of the film: ten of one face, ten of two
PLAIN_SECONDS, PLAIN_FRAMES = 8, 4  # of the film, and of it by the plain stack
HOUR, MINUTE = 3600, 60  # s
MEMORY_RATE = 2  # frames a second of the long film


def speed(reader: PhotoReader) -> Iterator[str]:
    """A 720p film -> share of its running time that reading takes, processor time, peak memory."""
    give_back_memory()
    with tempfile.TemporaryDirectory() as folder:
        path = talking(Path(folder), SECONDS)
        start, used = time.perf_counter(), _used()
        with watched() as peak:
            result = VideoReader(reader).read(path)
        taken, cpu = time.perf_counter() - start, _used() - used
        used = _used()
        with Video(path) as video:
            frames = sum(1 for _ in video)
        decoding = _used() - used
    load = psutil.getloadavg()[0]
    yield f"720p, {SECONDS} s: {taken / SECONDS:.2f} of its running time, load {load:.1f}"
    used = cpu / SECONDS
    yield f"processor seconds a second of film: {used:.2f}, on two cores {used / 2:.2f}"
    yield f"of these decoding {decoding / SECONDS:.2f} ({frames} frames looked at)"
    yield f"peak memory, decoder included: {peak[0]:.0f} MB; {result.summary.tracks} tracks"


def memory(reader: PhotoReader) -> Iterator[str]:
    """A still of a face, for a minute and for an hour -> peak memory of each, decoder included."""
    give_back_memory()
    videos = VideoReader(without_scores(reader))
    still = np.asarray(Image.fromarray(data.astronaut()).crop((60, 0, 380, 320)).resize((160, 160)))
    for seconds in (MINUTE, HOUR):
        with tempfile.TemporaryDirectory() as folder:
            pictures = (still for _ in range(seconds * MEMORY_RATE))
            path = write_clip(Path(folder) / "still.mp4", pictures, rate=MEMORY_RATE)
            with watched() as peak:
                result = videos.read(path)
        (track,) = result.tracks
        yield f"{seconds} s, {len(track.sightings)} faces: peak {peak[0]:.0f} MB"


def plain(reader: PhotoReader) -> Iterator[str]:
    """The same film, every frame through facenet-pytorch and a ViT pipeline, against ours.

    PyAV decodes for both, in OpenCV's place: both are FFmpeg.
    """
    import av

    from tests.bench.stacks import PlainStack  # torch, which ours does without

    with tempfile.TemporaryDirectory() as folder:
        path = talking(Path(folder), PLAIN_SECONDS)
        used = _used()
        VideoReader(reader).read(path)
        ours = (_used() - used) / PLAIN_SECONDS
        stack = PlainStack()
        with av.open(str(path)) as film:
            pictures = (frame.to_image() for frame in film.decode(video=0))
            stack.read_picture(next(pictures))
            used = _used()
            for picture in islice(pictures, PLAIN_FRAMES):
                stack.read_picture(picture)
            theirs = 25 * (_used() - used) / PLAIN_FRAMES
    yield (
        f"processor seconds a second of film: every frame by the plain stack {theirs:.1f}, "
        f"ours {ours:.2f}: {theirs / ours:.0f}x"
    )


@contextmanager
def watched() -> Iterator[list[float]]:
    """The peak, in MB, of what this process and its children hold while the block runs."""
    peak, ended = [0.0], threading.Event()
    watching = threading.Thread(target=_watch, args=(peak, ended), daemon=True)
    watching.start()
    try:
        yield peak
    finally:
        ended.set()
        watching.join()


def _used() -> float:
    times = psutil.Process().cpu_times()
    children = [each.cpu_times() for each in psutil.Process().children()]
    return (
        times.user + times.system + times.children_user + times.children_system
        + sum(each.user + each.system for each in children)
    )  # fmt: skip


def _watch(peak: list[float], ended: threading.Event) -> None:
    me = psutil.Process()
    while not ended.wait(0.05):
        try:
            held = sum(each.memory_info().rss for each in (me, *me.children()))
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], held / 1e6)
