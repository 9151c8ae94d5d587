"""Stored crops -> what the Trainer draws: which face, in which epoch's look, of which class."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset as Rows
from PIL import Image
from torch.utils.data import Dataset, Sampler

from face_gender.scores import to_tensor

from ..common.errors import StageError
from ..common.files import save_picture
from ..crops.read import LANDMARKS
from ..data import LABEL, PHOTO
from ..settings import AugmentSettings
from .augment import augment, middle

MOVES = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # of a box, in steps
MOVED = 0.1  # of the crop's side, such a step


class FaceSet(Dataset):
    """Stored crops as the Trainer wants them: augmented with `augmentation`, cut to serving's crop without."""

    def __init__(
        self,
        rows: Rows,
        processor: dict[str, Any],
        size: int,
        classes: Sequence[int],
        seed: int = 0,
        augmentation: AugmentSettings | None = None,
    ) -> None:
        """rows: with columns `photo` and `label`; classes: the model's number for each class of the rows."""
        self._rows, self._processor, self._size = rows, processor, size
        self._seed, self._augmentation = seed, augmentation
        self._labels = [classes[label] for label in rows[LABEL]]
        self.soft: torch.Tensor | None = None  # (n, classes) a teacher's logits
        self.weights: torch.Tensor | None = (
            None  # (n, classes) in the loss, were the face of each class
        )
        self.also: torch.Tensor | None = None  # (n, columns) numbers of other columns' values
        self.margin = 0.0  # with which serving's crops of them are cut

    def __len__(self) -> int:
        """How many faces."""
        return len(self._rows)

    def labels(self) -> list[int]:
        """The model's class of every face."""
        return self._labels

    def views(self, face: int, margin: float | None = None, size: int | None = None) -> np.ndarray:
        """A face's number -> its crops from five boxes, found and moved each way, (5, 3, size, size) float32.

        margin, size: of a model that is served with others than the student's. Raises StageError where
        the stored crop is too small for the margin.
        """
        seen = size or self._size
        stored = self._rows[face][PHOTO]
        side = self._size * (1 if margin is None else (1 + 2 * margin) / (1 + 2 * self.margin))
        if side > stored.width:
            raise StageError(
                f"The teacher's margin of {margin} is more than the crops hold: make them with --margin {margin}."
            )
        edge = (stored.width - side) / 2
        step = min(round(MOVED * side), edge)
        corners = [(edge + x * step, edge + y * step) for x, y in MOVES]
        cut = [
            stored.resize((seen, seen), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
            for x, y in corners
        ]
        processor = self._processor | {"size": {"height": seen, "width": seen}}
        return to_tensor([np.asarray(crop) for crop in cut], processor)

    def look(self, index: int) -> Image.Image:
        """A face's number, plus the epoch times their count -> its crop; what is drawn depends on these and the seed alone."""
        return self._change(self._rows[index % len(self)], index)

    def _change(self, row: dict[str, Any], index: int) -> Image.Image:
        if not self._augmentation:
            return middle(row[PHOTO], self._size)
        rng = np.random.default_rng((self._seed, *divmod(index, len(self))))
        return augment(row[PHOTO], self._size, rng, self._augmentation, row.get(LANDMARKS))

    def __getitem__(self, index: int) -> dict[str, Any]:
        """As `look` -> `pixel_values` (3, size, size) float32, `labels`; its `soft`, `weight`, `also` where there are any."""
        face = index % len(self)
        item = {
            "pixel_values": to_tensor([np.asarray(self.look(index))], self._processor)[0],
            "labels": self._labels[face],
        }
        further = {"soft": self.soft, "weight": self.weights, "also": self.also}
        return item | {name: of_all[face] for name, of_all in further.items() if of_all is not None}


class FaceSampler(Sampler[int]):
    """Every face once an epoch in an order of its own, or as often as its class is rare; by seed and epoch alone.

    Numbers carry the epoch's looks (look * count + face), so that dataloader workers know them however early they were started.
    """

    def __init__(
        self, count: int, seed: int, weights: torch.Tensor | None = None, looks: int = 1
    ) -> None:
        """weights: one a face, how often it is drawn; none for every face once. looks: at each drawn face, side by side."""
        self._count, self._seed, self._weights, self._looks = count, seed, weights, looks
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Looks an epoch."""
        return self._count * self._looks

    def __iter__(self) -> Iterator[int]:
        """The epoch's faces."""
        chance = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        if self._weights is None:
            order = torch.randperm(self._count, generator=chance)
        else:
            order = torch.multinomial(
                self._weights, self._count, replacement=True, generator=chance
            )
        looks = self._epoch * self._looks + torch.arange(self._looks)
        return iter((order[:, None] + looks * self._count).flatten().tolist())


def write_contact_sheet(faces: FaceSet, path: Path, rows: int = 8, columns: int = 10) -> None:
    """Augmented crops -> one picture: a face a row, an epoch a column."""
    looks = [
        [faces.look(epoch * len(faces) + face) for epoch in range(columns)]
        for face in range(min(rows, len(faces)))
    ]
    side = looks[0][0].width
    sheet = Image.new("RGB", (side * columns, side * len(looks)))
    for row, line in enumerate(looks):
        for column, face in enumerate(line):
            sheet.paste(face, (side * column, side * row))
    save_picture(sheet, path)
