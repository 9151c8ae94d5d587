"""Raw data -> clean data: `python -m train.data --data NAME_OR_FOLDER`."""

from .parts import (
    CALIBRATION,
    LABEL,
    PHOTO,
    SELECTION,
    TEST,
    TRAIN,
    class_order,
    load_parts,
    names_of,
    write_parts,
)
from .sources import load_data
from .stage import write_data

__all__ = [
    "CALIBRATION",
    "LABEL",
    "PHOTO",
    "SELECTION",
    "TEST",
    "TRAIN",
    "class_order",
    "load_data",
    "load_parts",
    "names_of",
    "write_data",
    "write_parts",
]
