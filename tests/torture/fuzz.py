"""Coverage-guided fuzzing: `python -m tests.torture.fuzz photo -max_total_time=60`."""

import csv
import io
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "zipfile", "csv", "face_gender"]):
    from face_gender.photo import PhotoError, open_photo
    from face_gender.report.html import escape, to_figure, to_html
    from face_gender.report.tables import to_csv, to_rows
    from face_gender.settings import PhotoSettings, VideoSettings, ZipSettings
    from face_gender.video import Video
    from face_gender.zips import read_zip

import numpy as np
from PIL import Image

from tests.support.clips import write_clip
from tests.torture.corpus import every_format
from tests.torture.lies import pack

FORMULA = ("=", "+", "-", "@", "\t", "\r")
LIMITS = PhotoSettings(max_bytes=1_000_000, max_pixels=1_000_000)
VIDEO_LIMITS = VideoSettings(max_frame_pixels=1_000_000, stall_seconds=20)
ZIP_LIMITS = ZipSettings(max_entries=100, max_unpacked=1_000_000)


def photo(content: bytes) -> None:
    """A photo that keeps the limits, or a PhotoError of one sentence."""
    try:
        found = open_photo(content, LIMITS, side=64)
    except PhotoError as error:
        check(str(error).endswith(".") and "\n" not in str(error), error)
        return
    check(found.width * found.height <= LIMITS.max_pixels, found.pixels.shape)
    check(
        found.pixels.ndim == 3 and found.pixels.shape[2] == 3 and found.pixels.size > 0,
        found.pixels.shape,
    )


def packed(content: bytes) -> None:
    """A zip's photos, within limits and with harmless names, or a PhotoError; writes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(content)
        try:
            entries = list(read_zip(path, ZIP_LIMITS, LIMITS))
        except PhotoError as error:
            check(str(error).endswith("."), error)
            entries = []
        for name, entry in entries:
            check(not name.startswith("/") and ".." not in Path(name).parts, name)
            check(isinstance(entry, PhotoError) or len(entry) <= LIMITS.max_bytes + 1, name)
        check([each.name for each in Path(folder).iterdir()] == ["a.zip"], folder)


def table(content: bytes) -> None:
    """A name comes back out of the CSV whole, alone in its cell, and is no formula."""
    name = content.decode("utf-8", "backslashreplace")
    rows = list(
        csv.reader(io.StringIO(to_csv(to_rows(name, PhotoError(name)), ["a", "b"]), newline=""))
    )
    check(len(rows) == 2 and len({len(row) for row in rows}) == 1, rows)
    check(rows[1][0] in (name, f"'{name}"), rows[1][0])
    check(not any(cell.startswith(FORMULA) for cell in rows[1]), rows[1])


class Counter(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def page(content: bytes) -> None:
    """A name adds no tag, attribute or template syntax to the page."""
    name = content.decode("utf-8", "backslashreplace")
    tags, plain = Counter(), Counter()
    tags.feed("".join(to_html([to_figure(name, PhotoError(name))], name)))
    plain.feed("".join(to_html([to_figure("a", PhotoError("a"))], "a")))
    check(tags.tags == plain.tags and not tags.handlers, tags.tags)
    check(
        not set("{}$`\\<>") & set(escape(name).replace("&lt;", "").replace("&gt;", "")),
        escape(name),
    )


def video(content: bytes) -> None:
    """A video's frames within the limits, or a PhotoError of one sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mp4"
        path.write_bytes(content)
        try:
            with Video(path, VIDEO_LIMITS) as opened:
                for frame in opened:
                    check(frame.photo.pixels.ndim == 3 and frame.seconds >= 0, frame.time)
        except PhotoError as error:
            check(str(error).endswith((".", ")")) and "\n" not in str(error), error)
            check("no progress" not in str(error), error)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "photo": photo,
    "zip": packed,
    "csv": table,
    "html": page,
    "video": video,
}


def seeds(target: str) -> Iterator[bytes]:
    """What a target starts from: whole files, whose signatures the fuzzer would never guess."""
    files = dict(every_format(Image.radial_gradient("L").resize((16, 16)).convert("RGB")))
    if target == "photo":
        yield from files.values()
    elif target == "video":
        yield from small_videos()
    elif target == "zip":
        yield from (
            pack(files),
            pack(files, zipfile.ZIP_DEFLATED),
            pack({"a/b/c.jpg": b"", "a.zip": pack({})}),
            pack({}),
        )
    else:
        yield from (
            b"=1+1",
            b'\t@a,b\n"c"',
            b"<b onclick=a()>",
            b"{{a}} ${b} `c` &lt;",
            "\u0085\u2028\u202e".encode(),
        )


def small_videos() -> Iterator[bytes]:
    """A clip of every container."""
    pictures = [np.full((16, 16, 3), 40 * at, np.uint8) for at in range(5)]
    codecs = {"mp4": "libx264", "mkv": "libx265", "webm": "libvpx-vp9", "avi": "mpeg4"}
    with tempfile.TemporaryDirectory() as folder:
        for suffix, codec in codecs.items():
            yield write_clip(Path(folder) / f"a.{suffix}", pictures, codec=codec).read_bytes()


def check(held: bool, seen: object) -> None:
    """What must hold; the fuzzer keeps the bytes for which it does not."""
    if not held:
        raise AssertionError(repr(seen)[:500])


def main() -> None:
    """The command line: a target, then libFuzzer's own words."""
    warnings.simplefilter("ignore")
    target = sys.argv[1]
    folder = Path(
        tempfile.gettempdir(), f"face-gender-seeds-{target}"
    )  # which stays: libFuzzer ends the process itself
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(seeds(target)):
        (folder / str(number)).write_bytes(content)
    atheris.Setup([sys.argv[0], *sys.argv[2:], str(folder)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
