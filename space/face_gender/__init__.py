"""Photo in, faces with their scores out."""

from .runtime.home import find_home
from .runtime.quiet import keep_quiet
from .runtime.terminal import stop_quietly_while_importing

keep_quiet()  # both before anything imports a library that looks
find_home()
stop_quietly_while_importing()  # before what takes seconds

# ruff: noqa: E402
from .crops import crop_face
from .faces import Face, FaceFinder
from .photo import Photo, PhotoError, open_photo
from .reader import PhotoReader, open_reader
from .result import Result, ScoredFace
from .scores import Scorer, load_scorer
from .video_reader import VideoReader, read_video
from .video_result import VideoResult

__all__ = [
    "Face",
    "FaceFinder",
    "Photo",
    "PhotoError",
    "PhotoReader",
    "Result",
    "ScoredFace",
    "Scorer",
    "VideoReader",
    "VideoResult",
    "crop_face",
    "load_scorer",
    "open_photo",
    "open_reader",
    "read_video",
]
