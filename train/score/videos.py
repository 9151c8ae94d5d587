"""A piece of videos -> a row a track, of the form of a photo's faces."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from face_gender.photo import PhotoError
from face_gender.report.tables import NO_FACE, OK, Row
from face_gender.video_reader import VideoReader
from face_gender.video_result import VideoResult

from .pieces import folder_column
from .sources import Piece, below


def read_videos(piece: Piece, reader: VideoReader, keep: tuple[str, ...]) -> Iterator[Row]:
    """A piece of videos -> a row a track, with its best face's box; counts are of tracks."""
    fs, root = url_to_fs(piece.root)
    for path in piece.files:
        name = below(path, root)
        kept = folder_column(name, keep)
        try:
            with local_file(fs, path) as local:
                rows = list(track_rows(name, reader.read(local)))
        except PhotoError as error:
            rows = [{"photo": name, "status": f"error: {error}"}]
        except OSError as error:
            rows = [{"photo": name, "status": f"error: The video cannot be fetched: {error}."}]
        yield from ({**row, **kept} for row in rows)


def track_rows(name: str, result: VideoResult) -> Iterator[Row]:
    """A video's result -> a row a track; one where there is none."""
    if not result.tracks:
        yield {"photo": name, "status": NO_FACE}
    for track in result.tracks:
        best = track.best
        yield {
            "photo": name,
            "status": OK,
            "face": track.number,
            **dict(zip(("left", "top", "right", "bottom"), best.box, strict=True)),
            "confidence": round(best.confidence, 4),
            "label": result.label_of(track),
            **{label: round(score, 4) for label, score in result.named(track.scores).items()},
        }


@contextmanager
def local_file(fs: AbstractFileSystem, path: str) -> Iterator[Path]:
    """A file here or in a store -> its path here, for as long as it is needed."""
    if isinstance(fs, LocalFileSystem):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / PurePosixPath(path).name
        fs.get_file(path, str(copy))
        yield copy
