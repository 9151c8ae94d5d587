"""Held-out photos -> the crops by which candidates are compared, on every core, without torch.

The processes that cut import this module, so it takes no more than cutting needs.
"""

import numpy as np
from datasets import Dataset
from tqdm import tqdm

from ..common.errors import StageError
from ..common.parallel import in_all_cores
from ..crops.read import read_row
from ..data import PHOTO
from .corruptions import CUTS, bare

STABLE = (  # cuts that should not change the label
    "flipped",
    "box moved left",
    "box moved right",
    "box moved up",
    "box moved down",
)


def cut_faces(photos: Dataset, size: int, margin: float) -> tuple[np.ndarray, Dataset]:
    """Photos -> (n, 6, size, size, 3) crops of their largest faces, and the rows of those n.

    The six are the serving crop and those of STABLE. Raises StageError without a face.
    """
    made = in_all_cores(cut_row, (photos, size, margin), range(len(photos)))
    cut = tqdm(made, "crops", len(photos), leave=False)
    crops = {number: crop for number, crop in enumerate(cut) if crop is not None}
    if not crops:
        raise StageError("No face was found in any of the held-out photos.")
    return np.stack(list(crops.values())), photos.select(list(crops)).remove_columns(PHOTO)


def cut_row(photos: Dataset, size: int, margin: float, number: int) -> np.ndarray | None:
    """A photo -> (6, size, size, 3) crops, or None without a face."""
    photo, faces = read_row(photos[number], size, margin)
    if not faces:
        return None
    rng = np.random.default_rng(number)
    cuts = (bare, *(CUTS[name] for name in STABLE))
    return np.stack([np.asarray(cut(photo, faces[0], size, margin, rng)) for cut in cuts])
