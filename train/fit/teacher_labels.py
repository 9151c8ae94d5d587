"""Training faces, teachers -> one soft label per face, whatever its augmentation later."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import gather_object
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from face_gender.runtime.files import atomic_write

from ..common.distributed import processes
from .dataset import MOVES, CropDataset
from .teacher import Teacher

BATCH = 32  # faces
PIECE = 16 * BATCH  # faces: the most that a restarted run labels again


class MovedCrops(Dataset):
    """Some faces of a set, each from a few boxes, with the given margin or the set's own."""

    def __init__(
        self, faces: CropDataset, numbers: list[int], margin: float | None, size: int, boxes: int
    ) -> None:
        self._faces, self._numbers, self._boxes = faces, numbers, boxes
        self._margin, self._size = margin, size

    def __len__(self) -> int:
        """How many faces."""
        return len(self._numbers)

    def __getitem__(self, index: int) -> np.ndarray:
        """(boxes, 3, size, size) float32."""
        return self._faces.moved(self._numbers[index], self._margin, self._size, self._boxes)


def mean_labels(
    openings: Sequence[Callable[[], Teacher]],
    faces: CropDataset,
    folder: Path,
    boxes: int = len(MOVES),
) -> torch.Tensor:
    """Teachers, faces -> (n, classes) the mean of their logits: a geometric mean of scores.

    Teachers run one after the other, and each writes its own file of labels in the folder.
    """
    labels = [
        soft_labels(opening, faces, folder / f"soft-{number}.npy", boxes)
        for number, opening in enumerate(openings)
    ]
    return torch.stack(labels).mean(0)


def soft_labels(
    open_teacher: Callable[[], Teacher], faces: CropDataset, path: Path, boxes: int = len(MOVES)
) -> torch.Tensor:
    """A teacher, faces -> (n, classes) mean logits of boxes and their mirrors, kept in `path`.

    The teacher sees them at its own size, and with its own margin if its `config.json` has one.
    Each process labels its share piece by piece, and skips pieces that exist. The teacher opens
    only if the file is missing.
    """
    if not path.is_file():
        pieces = path.with_suffix(".pieces")
        with processes().split_between_processes(list(range(len(faces)))) as mine:
            written = gather_object(label_pieces(open_teacher(), faces, mine, pieces, boxes))
        if processes().is_main_process:
            _save(np.concatenate([np.load(piece) for piece in written]), path)
            shutil.rmtree(pieces)
    processes().wait_for_everyone()
    return torch.from_numpy(np.load(path))


def label_pieces(
    teacher: Teacher, faces: CropDataset, numbers: list[int], folder: Path, boxes: int
) -> list[Path]:
    """Some of the faces -> files of (up to PIECE, classes) logits, in order; skips what exists."""
    written = []
    for start in tqdm(
        range(0, len(numbers), PIECE),
        "Soft labels",
        disable=None if processes().is_main_process else True,
        unit=" pieces",
    ):
        piece = numbers[start : start + PIECE]
        path = folder / f"{piece[0]}-{piece[-1]}.npy"
        if not path.is_file():
            _save(label_faces(teacher, faces, piece, boxes).numpy(), path)
        written.append(path)
    return written


def label_faces(
    teacher: Teacher, faces: CropDataset, numbers: list[int], boxes: int = len(MOVES)
) -> torch.Tensor:
    """Some of the faces -> (n, classes) logits, on the CPU."""
    labels = []
    moved = MovedCrops(faces, numbers, teacher.margin, teacher.side, boxes)
    for crops in DataLoader(moved, batch_size=BATCH, num_workers=1):
        logits = teacher(crops.flatten(0, 1).to(teacher.device))
        labels.append(logits.unflatten(0, crops.shape[:2]).mean(1).cpu())
    return torch.cat(labels)


def _save(labels: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as beside, beside.open("wb") as file:
        np.save(file, labels)
