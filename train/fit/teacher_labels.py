"""Training faces, a teacher -> one soft label a face, the same however the face is augmented later."""

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
from .dataset import FaceSet
from .teacher import Teacher

BATCH = 32  # faces
PIECE = 16 * BATCH  # faces: what a killed run has to do again, at most


class Views(Dataset):
    """Some faces of a set, each from five boxes, with a margin of their own or the set's, and `size` px wide."""

    def __init__(self, faces: FaceSet, numbers: list[int], margin: float | None, size: int) -> None:
        self._faces, self._numbers, self._margin, self._size = faces, numbers, margin, size

    def __len__(self) -> int:
        """How many faces."""
        return len(self._numbers)

    def __getitem__(self, index: int) -> np.ndarray:
        """(5, 3, size, size) float32."""
        return self._faces.views(self._numbers[index], self._margin, self._size)


def mean_labels(
    openings: Sequence[Callable[[], Teacher]], faces: FaceSet, folder: Path
) -> torch.Tensor:
    """Teachers, faces -> (n, classes) the mean of their logits, which is the (geometric) mean of what they hold likely.

    Each teacher's labels are a file of their own in the folder, made one after the other.
    """
    labels = [
        soft_labels(opening, faces, folder / f"soft-{number}.npy")
        for number, opening in enumerate(openings)
    ]
    return torch.stack(labels).mean(0)


def soft_labels(open_teacher: Callable[[], Teacher], faces: FaceSet, path: Path) -> torch.Tensor:
    """A teacher, faces -> (n, classes) logits, the mean over five boxes and their mirror images; kept in the file `path`.

    The teacher sees them cut at its own size, and with its own margin where its `config.json` has
    one. Each process labels its share, piece by piece, and keeps the pieces that are there; the teacher
    is opened only where the file is missing.
    """
    if not path.is_file():
        pieces = path.with_suffix(".pieces")
        with processes().split_between_processes(list(range(len(faces)))) as mine:
            written = gather_object(label_pieces(open_teacher(), faces, mine, pieces))
        if processes().is_main_process:
            _save(np.concatenate([np.load(piece) for piece in written]), path)
            shutil.rmtree(pieces)
    processes().wait_for_everyone()
    return torch.from_numpy(np.load(path))


def label_pieces(teacher: Teacher, faces: FaceSet, numbers: list[int], folder: Path) -> list[Path]:
    """Some of the faces -> files of (up to PIECE, classes) logits in their order, of which those that are there are kept."""
    written = []
    for start in tqdm(
        range(0, len(numbers), PIECE),
        "Soft labels",
        disable=not processes().is_main_process,
        unit=" pieces",
    ):
        piece = numbers[start : start + PIECE]
        path = folder / f"{piece[0]}-{piece[-1]}.npy"
        if not path.is_file():
            _save(label_faces(teacher, faces, piece).numpy(), path)
        written.append(path)
    return written


def label_faces(teacher: Teacher, faces: FaceSet, numbers: list[int]) -> torch.Tensor:
    """Some of the faces -> (n, classes) logits, on the CPU."""
    labels = []
    for views in DataLoader(
        Views(faces, numbers, teacher.margin, teacher.side), batch_size=BATCH, num_workers=1
    ):
        logits, _ = teacher(views.flatten(0, 1).to(teacher.device))
        labels.append(logits.unflatten(0, views.shape[:2]).mean(1).cpu())
    return torch.cat(labels)


def _save(labels: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as beside, beside.open("wb") as file:
        np.save(file, labels)
