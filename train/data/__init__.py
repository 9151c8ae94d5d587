"""Raw data -> clean data: `python -m train.data --data NAME_OR_FOLDER`."""

from .sources import load_data
from .split_files import (
    CALIBRATION,
    HOLDOUT,
    LABEL,
    PHOTO,
    SELECTION,
    TEST,
    TRAIN,
    class_order,
    load_splits,
    names_of,
    write_splits,
)
from .stage import write_data

__all__ = [
    "CALIBRATION",
    "HOLDOUT",
    "LABEL",
    "PHOTO",
    "SELECTION",
    "TEST",
    "TRAIN",
    "class_order",
    "load_data",
    "load_splits",
    "names_of",
    "write_data",
    "write_splits",
]
