"""Stored crops -> items for the Trainer: an augmented view of a face, its class, its targets."""

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset as Rows
from PIL import Image
from torch.utils.data import Dataset

from face_gender.scores import to_tensor

from ..common.errors import StageError
from ..common.files import save_picture
from ..crops.read import LANDMARKS
from ..data import LABEL, PHOTO
from ..settings import AugmentSettings
from .augment import augment, middle

MOVES = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # offsets of the box, in steps
MOVED = 0.1  # size of a step, as a share of the crop's side
SOFT, WEIGHT, AUX = "soft", "weight", "aux"  # names of targets: see with_targets
NONE: Mapping[str, torch.Tensor] = MappingProxyType({})


class CropDataset(Dataset):
    """Stored crops as the Trainer needs them: augmented, or else cut to the serving crop."""

    def __init__(
        self,
        rows: Rows,
        processor: dict[str, Any],
        size: int,
        classes: Sequence[int],
        seed: int = 0,
        augmentation: AugmentSettings | None = None,
        margin: float = 0.0,
    ) -> None:
        """rows: with columns `photo` and `label`; classes: the model's number for each class.

        margin: of the serving crops, which are the middle of the stored ones
        """
        self._rows, self._processor, self._size = rows, processor, size
        self._seed, self._augmentation, self._margin = seed, augmentation, margin
        self._labels = [classes[label] for label in rows[LABEL]]
        self._targets = dict(NONE)

    def with_targets(self, **targets: torch.Tensor) -> Self:
        """More targets, one row per face -> the same faces with these targets in every item.

        soft: (n, classes) a teacher's logits; weight: (n, classes) the face's weight in the loss
        if it belonged to each class; aux: (n, columns) numbers of other columns' values
        """
        other = copy(self)
        other._targets = {**self._targets, **targets}
        return other

    @property
    def targets(self) -> Mapping[str, torch.Tensor]:
        """The targets other than the class, by name."""
        return self._targets

    def __len__(self) -> int:
        """How many faces."""
        return len(self._rows)

    def labels(self) -> list[int]:
        """The class of every face, as the model numbers it."""
        return self._labels

    def moved(
        self,
        face: int,
        margin: float | None = None,
        size: int | None = None,
        boxes: int = len(MOVES),
    ) -> np.ndarray:
        """A face's number -> its crops from some boxes, (boxes, 3, size, size) float32.

        The boxes are the detected one, and the same moved left, right, up and down. margin, size:
        of the model that reads the crops, if they differ from the student's. Raises StageError if
        the stored crop is too small for the margin.
        """
        seen = size or self._size
        stored = self._rows[face][PHOTO]
        side = self._size * (1 if margin is None else (1 + 2 * margin) / (1 + 2 * self._margin))
        if side > stored.width:
            raise StageError(
                f"The teacher's margin of {margin} is more than the crops hold: "
                f"make them with --margin {margin}."
            )
        edge = (stored.width - side) / 2
        step = min(round(MOVED * side), edge)
        corners = [(edge + x * step, edge + y * step) for x, y in MOVES[:boxes]]
        cut = [
            stored.resize((seen, seen), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
            for x, y in corners
        ]
        processor = self._processor | {"size": {"height": seen, "width": seen}}
        return to_tensor([np.asarray(crop) for crop in cut], processor)

    def view(self, index: int) -> Image.Image:
        """An index (view * count + face) -> a crop, always the same for the same seed."""
        return self._change(self._rows[index % len(self)], index)

    def _change(self, row: dict[str, Any], index: int) -> Image.Image:
        if not self._augmentation:
            return middle(row[PHOTO], self._size)
        rng = np.random.default_rng((self._seed, *divmod(index, len(self))))
        return augment(row[PHOTO], self._size, rng, self._augmentation, row.get(LANDMARKS))

    def __getitem__(self, index: int) -> dict[str, Any]:
        """An index, as in `view` -> `pixel_values` (3, size, size) float32, `labels`, targets."""
        face = index % len(self)
        pixels = to_tensor([np.asarray(self.view(index))], self._processor)[0]
        targets = {name: of_all[face] for name, of_all in self._targets.items()}
        return {"pixel_values": pixels, "labels": self._labels[face], **targets}


def write_contact_sheet(faces: CropDataset, path: Path, rows: int = 8, columns: int = 10) -> None:
    """Augmented crops -> one picture: a row for each face, a column for each epoch."""
    shown = range(min(rows, len(faces)))
    lines = [[faces.view(epoch * len(faces) + face) for epoch in range(columns)] for face in shown]
    side = lines[0][0].width
    sheet = Image.new("RGB", (side * columns, side * len(lines)))
    for row, line in enumerate(lines):
        for column, face in enumerate(line):
            sheet.paste(face, (side * column, side * row))
    save_picture(sheet, path)
