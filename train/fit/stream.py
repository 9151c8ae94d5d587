"""Streamed crops -> faces to train on as they arrive; each process reads its own files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, DatasetDict, Features, Image, IterableDataset, load_dataset
from datasets.distributed import split_dataset_by_node
from datasets.exceptions import DatasetsError

from face_gender.scores import to_tensor

from ..common.distributed import processes
from ..common.errors import StageError
from ..data import CALIBRATION, LABEL, PHOTO, SELECTION, TRAIN
from ..data.split_files import describe
from ..settings import AugmentSettings
from .dataset import CropDataset

BUFFER = 1000  # faces to shuffle together, after shuffling the files
SHOWN = 8  # faces on the contact sheet


@dataclass(frozen=True)
class Stream:
    """Rows to read again each epoch, and the label of every row."""

    rows: IterableDataset
    labels: list[int]

    @property
    def features(self) -> Features:
        """The types of the columns."""
        return self.rows.features

    def __len__(self) -> int:
        """Rows of an epoch."""
        return len(self.labels)


class CropStream(CropDataset):
    """An epoch's faces as they arrive; an index picks the epoch and the view, not the face.

    A run that resumes within an epoch draws that epoch's first faces again.
    """

    def __init__(
        self,
        stream: Stream,
        processor: dict[str, Any],
        size: int,
        classes: Sequence[int],
        seed: int = 0,
        augmentation: AugmentSettings | None = None,
        margin: float = 0.0,
    ) -> None:
        """stream: with columns `photo` and `label`; each process reads its own files."""
        first = Dataset.from_list(list(stream.rows.take(SHOWN)), features=stream.features)
        super().__init__(first, processor, size, classes, seed, augmentation, margin)
        self._labels = [classes[label] for label in stream.labels]
        state = processes()
        shuffled = stream.rows.shuffle(seed=seed, buffer_size=BUFFER)
        self._stream = split_dataset_by_node(shuffled, state.process_index, state.num_processes)
        self._class_of, self._epoch = list(classes), -1
        self._coming: Iterator[dict[str, Any]] = iter(())

    def __len__(self) -> int:
        """Faces of all processes together."""
        return len(self._labels)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """An index -> `pixel_values` and `labels` of the next face in that index's epoch."""
        epoch = index // len(self)
        if epoch != self._epoch:
            self._epoch, self._coming = epoch, self._draw(epoch)
        row = next(self._coming)
        pixels = to_tensor([np.asarray(self._change(row, index))], self._processor)[0]
        return {"pixel_values": pixels, "labels": self._class_of[row[LABEL]]}

    def _draw(self, epoch: int) -> Iterator[dict[str, Any]]:
        """Yield the epoch's rows; start again if the files hold less than the process's share."""
        self._stream.set_epoch(epoch)
        while True:
            yield from self._stream


def faces_of(rows: Any, **settings: Any) -> CropDataset:
    """Stored crops, or a stream of them -> the Trainer's dataset; settings: CropDataset's."""
    kind = CropStream if isinstance(rows, Stream) else CropDataset
    return kind(rows, **settings)


def load_streamed(name: str) -> dict[str, Any]:
    """A Hub data set of crops, or a folder of its files -> its splits.

    Reads only the labels of `train`, and the small splits whole. Raises StageError if there is no
    such data set, or if the processes cannot share its files evenly.
    """
    splits = (TRAIN, SELECTION, CALIBRATION)
    files = {split: f"{name}/**/{split}*.parquet" for split in splits}
    here = {"path": "parquet", "data_files": files}
    source = here if Path(name).is_dir() else {"path": name}
    try:
        streams = load_dataset(**source, streaming=True)
        labels = load_dataset(**source, streaming=True, split=TRAIN, columns=[LABEL])  # a few bytes
        train, *small = (streams[split].cast_column(PHOTO, Image()) for split in splits)
    except (OSError, ValueError, KeyError, DatasetsError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise StageError(
            f"{name} could not be opened as a data set of crops ({reason})."
        ) from error
    if train.num_shards % (count := processes().num_processes):
        raise StageError(
            f"{count} processes cannot share the {train.num_shards} files of {name} evenly."
        )
    kept = [Dataset.from_list(list(split), features=split.features) for split in small]
    stream = Stream(train, [row[LABEL] for row in labels])
    others = describe(DatasetDict(dict(zip(splits[1:], kept, strict=True))))
    print(f"{name}: {described(stream)}; {others}", flush=True)
    return dict(zip(splits, (stream, *kept), strict=True))


def described(stream: Stream) -> str:
    """A stream -> how many faces of each class it has, in words."""
    names = stream.features[LABEL].names
    counts = ", ".join(f"{name} {stream.labels.count(at):,}" for at, name in enumerate(names))
    return f"{TRAIN} {len(stream.labels):,} ({counts})"
