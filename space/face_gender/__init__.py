"""Photo in, faces with their scores out."""

from .runtime.terminal import stop_quietly_while_importing

stop_quietly_while_importing()  # before what takes seconds

from .crops import crop_face  # noqa: E402
from .faces import Face, FaceFinder  # noqa: E402
from .photo import Photo, PhotoError, open_photo  # noqa: E402
from .reader import PhotoReader, Result, ScoredFace, open_reader  # noqa: E402
from .scores import Scorer, load_scorer  # noqa: E402

__all__ = [
    "Face",
    "FaceFinder",
    "Photo",
    "PhotoError",
    "PhotoReader",
    "Result",
    "ScoredFace",
    "Scorer",
    "crop_face",
    "load_scorer",
    "open_photo",
    "open_reader",
]
