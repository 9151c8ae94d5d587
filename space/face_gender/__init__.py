"""Photo in, faces with their scores out."""

from .crops import crop_face
from .faces import Face, FaceFinder
from .photo import Photo, PhotoError, open_photo
from .reader import PhotoReader, open_reader
from .result import Result, ScoredFace
from .scores import Scorer, load_scorer

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
