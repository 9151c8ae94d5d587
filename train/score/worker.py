"""A piece of a data set -> a file of rows, written whole or not at all, and its counts."""

import json
import os
import resource
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from face_gender.decision import decide
from face_gender.faces import FaceFinder
from face_gender.model_folder import asked_model
from face_gender.photo import PhotoError, open_photo
from face_gender.reader import PhotoReader
from face_gender.report.tables import COLUMNS, NO_FACE, OK, Row, status_of, to_rows
from face_gender.runtime.files import atomic_write
from face_gender.runtime.malloc import give_back_memory
from face_gender.scores import Scorer, load_scorer
from face_gender.settings import (
    FaceSettings,
    ModelSettings,
    PhotoSettings,
    VideoSettings,
    from_environment,
)
from face_gender.video_reader import VideoReader

from ..settings.score import ScoreSettings
from .pieces import Named, read_piece
from .sources import VIDEOS, Piece
from .videos import read_videos

READ_AHEAD = 4  # photos ready for the worker: hides a slow disk, bounds memory
CROPS_AT_ONCE = 256
TALLY = b"tally"  # key of a file's metadata
TYPES = {
    "photo": arrow.string(),
    "status": arrow.string(),
    "face": arrow.int32(),
    "label": arrow.string(),
}

END: Any = object()  # after the last item

Item = TypeVar("Item")


@dataclass(frozen=True)
class Tally:
    """One piece's counts, its seconds of work, and its process with its peak memory in bytes."""

    piece: int
    photos: int
    faces: int
    no_face: int
    failed: int
    seconds: float
    memory: int
    worker: str = ""


class PieceScorer:
    """Detector and model, loaded once; scores one piece after the other."""

    def __init__(self, settings: ScoreSettings) -> None:
        """Raises ValueError if the model cannot be opened."""
        give_back_memory()
        self._settings = settings
        self._keep = keep_of(settings)
        self._scorer = load_scorer(model_settings(settings))
        self._reader = PhotoReader(
            FaceFinder(replace(from_environment(FaceSettings), threads=1)),
            self._scorer,
            None,
            from_environment(PhotoSettings),
        )

    def score(self, piece: Piece) -> Tally:
        """A piece -> its file in the folder `out`, and its tally; an existing file is kept."""
        path = path_of(piece.number, self._settings)
        if path.is_file():
            return read_tally(path)
        start = time.monotonic()
        rows = list(self._read(piece))
        tally = count(piece.number, rows, time.monotonic() - start)
        write_rows(rows, self._reader.labels, self._keep, tally, path)
        return tally

    def _read(self, piece: Piece) -> Iterator[Row]:
        if piece.kind == VIDEOS:
            videos = VideoReader(self._reader, from_environment(VideoSettings))
            return read_videos(piece, videos, self._keep)
        photos = read_ahead(read_piece(piece, self._settings.photo_column, self._keep), READ_AHEAD)
        return self._read_crops(photos) if self._settings.ready else self._read_photos(photos)

    def _read_photos(self, photos: Iterable[Named]) -> Iterator[Row]:
        for name, content, kept in photos:
            outcome = (
                content if isinstance(content, PhotoError) else self._reader.read_or_error(content)
            )
            yield from ({**row, **kept} for row in to_rows(name, outcome))

    def _read_crops(self, photos: Iterable[Named]) -> Iterator[Row]:
        """Read every picture as one face; the detector's column stays empty."""
        batch: list[Named] = []
        for photo in photos:
            batch.append(photo)
            if len(batch) == CROPS_AT_ONCE:
                yield from score_crops(self._scorer, batch)
                batch = []
        yield from score_crops(self._scorer, batch)


def score_crops(scorer: Scorer, batch: list[Named]) -> Iterator[Row]:
    """Crops of faces -> a row each, in order."""
    model = scorer.model
    opened = [_open_crop(content) for _, content, _ in batch]
    scores = iter(scorer.score_crops([crop for crop in opened if isinstance(crop, np.ndarray)]))
    for (name, _, kept), crop in zip(batch, opened, strict=True):
        if isinstance(crop, PhotoError):
            yield {"photo": name, "status": status_of(crop), **kept}
            continue
        named = {
            label: round(float(score), 4)
            for label, score in zip(model.labels, next(scores), strict=True)
        }
        box = dict(
            zip(
                ("left", "top", "right", "bottom"),
                (0, 0, crop.shape[1], crop.shape[0]),
                strict=True,
            )
        )
        yield {
            "photo": name,
            "status": OK,
            "face": 1,
            **box,
            "label": decide(named, model.threshold),
            **named,
            **kept,
        }


def _open_crop(content: bytes | PhotoError) -> np.ndarray | PhotoError:
    if isinstance(content, PhotoError):
        return content
    try:
        return open_photo(content).pixels
    except PhotoError as error:
        return error


def count(piece: int, rows: list[Row], seconds: float) -> Tally:
    """A piece's rows -> its tally."""
    faces = sum(row["status"] == OK for row in rows)
    no_face = sum(row["status"] == NO_FACE for row in rows)
    photos = sum(row.get("face", 1) == 1 for row in rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Tally(
        piece,
        photos,
        faces,
        no_face,
        len(rows) - faces - no_face,
        round(seconds, 3),
        memory,
        f"{os.uname().nodename}-{os.getpid()}",
    )


def write_rows(
    rows: list[Row], labels: tuple[str, ...], keep: tuple[str, ...], tally: Tally, path: Path
) -> None:
    """Rows -> a parquet file with the command line's columns, then the kept ones."""
    types = {name: TYPES.get(name, arrow.float32()) for name in (*COLUMNS, *labels)}
    fields = [arrow.field(name, kind) for name, kind in types.items()]
    fields += [arrow.field(name, arrow.string()) for name in keep]
    rows = [
        row | {name: None if row[name] is None else str(row[name]) for name in keep} for row in rows
    ]
    schema = arrow.schema(fields, {TALLY: json.dumps(asdict(tally))})
    with atomic_write(path) as beside:
        parquet.write_table(arrow.Table.from_pylist(rows, schema), beside, compression="zstd")


def model_settings(settings: ScoreSettings) -> ModelSettings:
    """Settings, environment -> the model's settings, with one thread: workers share the cores."""
    return replace(asked_model(settings.model, settings.revision), threads=1)


def whole_path(model: str) -> str:
    """A model's folder -> its absolute path, which all machines share; a Hub name stays."""
    return str(Path(model).resolve()) if model and Path(model).is_dir() else model


def path_of(piece: int, settings: ScoreSettings) -> Path:
    """A piece's number -> its file."""
    return Path(settings.out) / "rows" / f"{piece:08d}.parquet"


def read_tally(path: Path) -> Tally:
    """A piece's file -> what was counted when it was written."""
    return Tally(**json.loads(parquet.read_schema(path).metadata[TALLY]))


def keep_of(settings: ScoreSettings) -> tuple[str, ...]:
    """Settings -> the columns that are kept."""
    return tuple(dict.fromkeys(name.strip() for name in settings.keep.split(",") if name.strip()))


def read_ahead(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """The same items, read by a thread that is at most `depth` ahead."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, items, END) for _ in range(depth))
        while (item := waiting.popleft().result()) is not END:
            waiting.append(pool.submit(next, items, END))
            yield item
