"""Environment -> every outside name and limit; a field's name in capitals overrides it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

VERSION = "0.1.0"  # of code, model and Space; git tag, model tag and MODEL_REVISION are v0.1.0
PACKAGE = Path(__file__).parent
BESIDE = (
    PACKAGE if (PACKAGE / "model").is_dir() else PACKAGE.parent
)  # installed from a wheel, or in space/
BUNDLED_MODEL, EXAMPLE_FOLDER = str(BESIDE / "model"), BESIDE / "examples"

THREADS = min(
    4, os.cpu_count() or 1
)  # more share one photo badly, and a container may see cores that are not its own

MAY_BE_ZERO = ("border", "margin")

Settings = TypeVar(
    "Settings",
    "PhotoSettings",
    "FaceSettings",
    "VideoSettings",
    "ModelSettings",
    "ZipSettings",
    "PageSettings",
)


class CheckedSettings:
    """Settings whose numbers are refused where they make no sense."""

    def __post_init__(self) -> None:
        """Raises ValueError if a number is infinite, negative, or 0 where that makes no sense."""
        for name, value in vars(self).items():
            if isinstance(value, str):
                continue
            if not (isfinite(value) and (value > 0 or (value == 0 and name in MAY_BE_ZERO))):
                raise ValueError(f"{name.upper()} should be a number above 0, got {value}.")


@dataclass(frozen=True)
class PhotoSettings(CheckedSettings):
    """What a photo may cost before it is refused."""

    max_bytes: int = 40_000_000  # of the encoded file
    max_pixels: int = 80_000_000  # of the original, by its header


@dataclass(frozen=True)
class FaceSettings(CheckedSettings):
    """How hard to look for faces."""

    detect_side: int = 960  # px, longer side of the copy that is searched
    smallest_face: int = 20  # px, on that copy
    smallest_share: float = 1 / 36  # of that copy's longer side, where this is more
    border: float = 0.5  # how far, in face sizes, a face may reach beyond the photo's edge
    sure_confidence: float = (
        0.99  # where no upright face reaches it, the other three turns are tried
    )
    turned_confidence: float = (
        0.97  # which a turned face must reach to be believed: most photos are upright
    )
    threads: int = THREADS  # that share the work on one photo, or each read one of many

    def smallest_on(self, side: int) -> float:
        """A copy's longer side -> the smallest face to look for on it, in the same px."""
        return max(self.smallest_face, self.smallest_share * side)


@dataclass(frozen=True)
class VideoSettings(CheckedSettings):
    """How a video is read, and what it may cost before it is refused."""

    frame_rate: float = 4.0  # frames a second that are looked at
    smallest_share_in_video: float = 1 / 24  # of a frame's longer side; a third less work than 1/36
    video_side: int = 1920  # px, longer side of a frame as it is decoded
    max_frame_pixels: int = 36_000_000  # of a frame; 8K has 33 million
    stall_seconds: float = 60.0  # without progress, after which the decoder is stopped
    decoder_mb: int = 2_000  # address space of the decoder's process


@dataclass(frozen=True)
class ZipSettings(CheckedSettings):
    """What a zip of photos may hold before it is refused."""

    max_entries: int = 2_000
    max_unpacked: int = 1_000_000_000  # bytes, of all files together
    max_ratio: int = 200  # of a file's size to its packed size; photos hardly pack at all


@dataclass(frozen=True)
class PageSettings(CheckedSettings):
    """What the page and its API grant each visitor."""

    max_queue: int = 64  # requests that wait; a further one is answered that the queue is full
    max_upload_mb: int = 200  # of one file, photo or zip
    max_uploads_mb: int = 1_000  # of all files that are sent at once
    max_message_mb: int = 64  # of any other request; a tool's may hold a photo
    kept_seconds: int = 600  # how long an upload may lie on the server's disk
    shutdown_seconds: int = (
        25  # to finish accepted requests after SIGTERM; a kill often follows at 30
    )
    max_video_mb: float = 200.0  # of a video; max_upload_mb holds too
    max_video_minutes: float = 10.0
    max_visitors: int = 64  # whose last result is held in memory for the threshold's slider
    live_seconds: int = 120  # of camera before it has to be started again
    live_every: float = 0.1  # seconds between two frames, at least


@dataclass(frozen=True)
class ModelSettings(CheckedSettings):
    """Which model answers, and how a model without our keys in its config is used."""

    model_id: str = BUNDLED_MODEL  # a folder, or a name on the Hub
    model_revision: str = ""  # a tag or commit of the Hub's model; a folder has none
    margin: float = 0.0  # of the box's longer side, added on each side
    threads: int = THREADS  # that share the faces of one photo


def from_environment(kind: type[Settings], environ: Mapping[str, str] | None = None) -> Settings:
    """A settings class -> its instance, with what the environment, or another mapping, sets.

    Raises ValueError where a variable does not read as the field's type, or makes no sense.
    """
    environ = os.environ if environ is None else environ
    found: dict[str, Any] = {}
    for field in fields(kind):
        name, read = field.name.upper(), field.type
        if name not in environ or not isinstance(read, type):
            continue
        try:
            found[field.name] = read(environ[name])
        except ValueError as error:
            raise ValueError(
                f"{name} should be of type {read.__name__}, got {environ[name]!r}."
            ) from error
    return kind(**found)
