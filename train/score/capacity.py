"""What a core does a second, measured -> what clusters would do, simulated: `python -m train.score.capacity --data FOLDER`.

Prints the tables of docs/scaling.md. Costs of a photo are processor time of one thread, which other programs do not change.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from face_gender.crops import crop_face
from face_gender.faces import FaceFinder
from face_gender.photo import open_photo
from face_gender.reader import PhotoReader
from face_gender.report.tables import to_rows
from face_gender.scores import load_scorer

from ..common.stages import run_stage
from ..settings.base import setting
from ..settings.score import ScoreSettings
from .aggregate import count_table
from .sources import Piece, plan_pieces, read_piece
from .worker import count, path_of, write_rows

NODES = (10, 100, 1000)
PIECES = (500, 1500)  # photos
GBIT = 1e9 / 8  # bytes a second

Made = TypeVar("Made")


@dataclass(frozen=True)
class CapacitySettings:
    """What is measured, and what cannot be: a cluster's."""

    data: str = setting("space/examples", "data set whose photos are measured; few are repeated")
    photos: int = setting(200, "that are measured")
    dispatched: int = setting(400, "pieces that are given out, with nothing to do, to measure the engine; 0 leaves it out")
    dispatch: float = setting(0.0, "pieces a second that the engine gives out; 0 takes what was measured")
    job: int = setting(100_000_000, "photos of the simulated job")
    cores: int = setting(16, "of each simulated machine")
    price: float = setting(0.0408, "dollars an hour of a core: half of AWS's m7g.large on demand, us-east-1, June 2026")
    server_gbit: float = setting(10.0, "Gbit/s of one file server that all machines read from")
    machine_gbit: float = setting(12.5, "Gbit/s at most of each machine, where the store itself has no limit")
    requests: float = setting(5500.0, "files a second from one prefix of S3, by its documentation")


@dataclass(frozen=True)
class Load:
    """One photo: seconds of each step on one core, and bytes read and written."""

    steps: dict[str, float]
    read: float
    written: float

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return sum(self.steps.values())


def measure_load(settings: CapacitySettings) -> Load:
    """Real photos through every step, one after the other -> what each costs."""
    finder, scorer = FaceFinder(), load_scorer()
    reader = PhotoReader(finder, scorer)
    source = ScoreSettings(data=settings.data)
    spent: dict[str, float] = {}
    reading = time.process_time()
    named = list(_photos(source, settings.photos))
    spent["read"] = time.process_time() - reading
    photos = _timed(spent, "decode", lambda: [open_photo(content, side=finder.side) for _, content in named])
    faces = _timed(spent, "find faces", lambda: [finder.find_faces(photo) for photo in photos])
    size, margin = scorer.size, scorer.model.margin
    pairs = list(zip(photos, faces, strict=True))
    crops = _timed(spent, "crop", lambda: [[crop_face(photo, face, size, margin) for face in found] for photo, found in pairs])
    _timed(spent, "score", lambda: [scorer.score_crops(found) for found in crops])
    rows = [row for name, content in named for row in to_rows(name, reader.read_or_error(content))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        _timed(spent, "write", lambda: write_rows(rows, scorer.model.labels, (), count(0, rows, 0), path))
        written = path.stat().st_size
    n = len(named)
    read = sum(len(content) for _, content in named)
    return Load({step: seconds / n for step, seconds in spent.items()}, read / n, written / n)


def _photos(source: ScoreSettings, most: int) -> Iterator[tuple[str, bytes]]:
    found = (photo for piece in cycle(plan_pieces(source)) for photo in read_piece(piece, source.photo_column))
    return islice(((name, content) for name, content, _ in found if isinstance(content, bytes)), most)


def _timed(spent: dict[str, float], step: str, work: Callable[[], Made]) -> Made:
    start = time.process_time()
    made = work()
    spent[step] = time.process_time() - start
    return made


def measure_dispatch(pieces: int) -> float:
    """Pieces that are done already, given out by Ray Data to one worker -> pieces a second."""
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
    """A table -> rows a second that are counted for the report."""
    box = {"left": 0, "top": 0, "right": 9, "bottom": 9}
    some = [{"photo": f"{at}", "status": "ok", "face": 1, **box, "label": "b", "a": 0.4, "b": 0.6} for at in range(10_000)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "0.parquet"
        write_rows(some, ("a", "b"), (), count(0, some, 0), path)
        for number in range(1, rows // len(some)):
            (Path(folder) / f"{number}.parquet").symlink_to(path)
        start = time.process_time()
        return count_table(Path(folder), ("a", "b"), ()).faces / (time.process_time() - start)


@dataclass(frozen=True)
class Outcome:
    """A simulated job: its seconds, and how busy its workers, its engine and its store were, 0..1."""

    seconds: float
    workers: float
    engine: float
    store: float


def simulate(workers: int, pieces: int, piece_seconds: float, engine: float, store: float, seed: int = 0) -> Outcome:
    """A job as events: the engine gives pieces out one by one, the store sends them one by one, workers read ahead.

    piece_seconds: of a worker, give or take a tenth; engine, store: pieces a second
    """
    rng = np.random.default_rng(seed)
    work = piece_seconds * rng.normal(1, 0.1, pieces).clip(0.5, 2)
    free = [0.0] * workers
    given = sent = 0.0
    for seconds in work:
        start = max(heapq.heappop(free), given)
        given = start + 1 / engine
        sent = max(sent, start) + 1 / store
        heapq.heappush(free, max(given + seconds, sent))
    end = max(free)
    return Outcome(end, float(work.sum()) / (workers * end), pieces / engine / end, pieces / store / end)


def stores(nodes: int, settings: CapacitySettings, load: Load) -> dict[str, float]:
    """Kinds of store -> photos a second that each can send to so many machines."""
    return {
        f"one file server, {settings.server_gbit:g} Gbit/s": settings.server_gbit * GBIT / load.read,
        f"S3, a file a photo, one prefix, {settings.requests:g}/s": settings.requests,
        "S3, tars or parquet": nodes * settings.machine_gbit * GBIT / load.read,
    }


def simulate_clusters(load: Load, engine: float, settings: CapacitySettings) -> Iterator[str]:
    """What was measured -> lines of a table: nodes and stores by what they do and what gives out first."""
    yield "| machines | store | photos a piece | photos/s | hours | workers busy | engine busy | store busy |"
    yield "|---|---|---|---|---|---|---|---|"
    for nodes in NODES:
        for name, rate in stores(nodes, settings, load).items():
            for piece in PIECES:
                done = simulate(nodes * settings.cores, settings.job // piece, piece * load.seconds, engine, rate / piece)
                figures = f"{settings.job / done.seconds:,.0f} | {done.seconds / 3600:.2f}"
                busy = " | ".join(f"{share:.0%}" for share in (done.workers, done.engine, done.store))
                yield f"| {nodes} | {name} | {piece} | {figures} | {busy} |"


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(print_capacity, CapacitySettings, arguments=arguments)


def print_capacity(settings: CapacitySettings) -> None:
    """Measure, simulate, print. Raises StageError."""
    load = measure_load(settings)
    for step, seconds in load.steps.items():
        print(f"| {step} | {1000 * seconds:.2f} ms | {seconds / load.seconds:.0%} |")
    rate, hours = 1 / load.seconds, 1e6 * load.seconds / 3600
    print(f"{rate:.1f} photos/s a core; a million photos: {hours:.2f} core hours, {hours * settings.price:.2f} dollars")
    print(f"{load.read:,.0f} bytes read and {load.written:.0f} written a photo; {measure_counting():,.0f} rows/s counted")
    engine = settings.dispatch or measure_dispatch(settings.dispatched)
    print(f"{engine:.0f} pieces/s given out", *simulate_clusters(load, engine, settings), sep="\n")


if __name__ == "__main__":
    main()
