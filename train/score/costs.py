"""Photos -> what each step costs one core, and what engine and report can do beside it.

A photo's cost is processor time of one thread, which other programs change little.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from face_gender.crops import crop_face
from face_gender.faces import FaceFinder
from face_gender.photo import open_photo
from face_gender.reader import PhotoReader
from face_gender.report.tables import to_rows
from face_gender.scores import load_scorer
from face_gender.settings import FaceSettings, ModelSettings

from ..settings.score import ScoreSettings
from .aggregate import count_table
from .pieces import read_piece
from .sources import Piece, plan_pieces
from .worker import count, path_of, write_rows


@dataclass(frozen=True)
class Load:
    """One photo: seconds of each step on one core, and bytes read and written."""

    steps: dict[str, float]
    read: float
    written: float

    @property
    def seconds(self) -> float:
        """The sum of all steps."""
        return sum(self.steps.values())


class StepClock:
    """Processor seconds of each step, by name."""

    def __init__(self) -> None:
        """No step has run."""
        self.spent: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what runs inside."""
        start = time.process_time()
        yield
        self.spent[name] = time.process_time() - start


def measure_load(data: str, photos: int) -> Load:
    """A data set's photos through every step, one after the other -> what each costs."""
    finder, scorer = FaceFinder(FaceSettings(threads=1)), load_scorer(ModelSettings(threads=1))
    reader, size, margin = PhotoReader(finder, scorer), scorer.size, scorer.model.margin
    clock = StepClock()
    with clock.step("read"):
        named = list(_photos(ScoreSettings(data=data), photos))
    with clock.step("decode"):
        opened = [open_photo(content, side=finder.side) for _, content in named]
    with clock.step("find faces"):
        pairs = [(photo, finder.find_faces(photo)) for photo in opened]
    with clock.step("crop"):
        crops = [[crop_face(photo, face, size, margin) for face in found] for photo, found in pairs]
    with clock.step("score"):
        for found in crops:
            scorer.score_crops(found)
    rows = [row for name, content in named for row in to_rows(name, reader.read_or_error(content))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        with clock.step("write"):
            write_rows(rows, scorer.model.labels, (), count(0, rows, 0), path)
        written = path.stat().st_size
    n, read = len(named), sum(len(content) for _, content in named)
    return Load({step: spent / n for step, spent in clock.spent.items()}, read / n, written / n)


def _photos(source: ScoreSettings, most: int) -> Iterator[tuple[str, bytes]]:
    found = (
        photo
        for piece in cycle(plan_pieces(source))
        for photo in read_piece(piece, source.photo_column)
    )
    return islice(
        ((name, content) for name, content, _ in found if isinstance(content, bytes)), most
    )


def measure_dispatch(pieces: int) -> float:
    """Finished pieces, handed out by Ray Data to one worker -> pieces a second."""
    from .ray_cluster import open_cluster, score_pieces  # Ray, which the simulation does without

    with TemporaryDirectory() as folder:
        settings = ScoreSettings(out=folder, workers=1)
        path_of(0, settings).parent.mkdir()
        for number in range(pieces + 1):
            write_rows([], ("a", "b"), (), count(number, [], 0), path_of(number, settings))
        work = [Piece(number, "parquet", "", ("",)) for number in range(pieces + 1)]
        with open_cluster(settings) as cores:
            done = score_pieces(work, settings, cores)
            next(done)  # the worker is up
            start = time.monotonic()
            return len(list(done)) / (time.monotonic() - start)


def measure_counting(rows: int = 1_000_000) -> float:
    """A table of `rows` rows -> rows a second that the report can count."""
    box = {"left": 0, "top": 0, "right": 9, "bottom": 9}
    some = [
        {"photo": f"{at}", "status": "ok", "face": 1, **box, "label": "b", "a": 0.4, "b": 0.6}
        for at in range(10_000)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "0.parquet"
        write_rows(some, ("a", "b"), (), count(0, some, 0), path)
        for number in range(1, rows // len(some)):
            (Path(folder) / f"{number}.parquet").symlink_to(path)
        start = time.process_time()
        return count_table(Path(folder), ("a", "b"), ()).faces / (time.process_time() - start)
