"""Photos -> what a core does in a second -> what clusters would do, simulated.

`python -m train.score.capacity --data FOLDER` prints the tables of docs/scaling.md. A photo's cost
is processor time of one thread, which other programs do not change.
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

from ..common.cli import run_stage
from ..settings.base import ABOVE_0, FROM_0, FROM_1, Settings, setting
from ..settings.score import ScoreSettings
from .aggregate import count_table
from .pieces import read_piece
from .simulation import simulate
from .sources import Piece, plan_pieces
from .worker import count, path_of, write_rows

NODES = (10, 100, 1000)
PIECES = (500, 1500)  # photos
GBIT = 1e9 / 8  # bytes a second


@dataclass(frozen=True)
class CapacitySettings(Settings):
    """What is measured here, and a cluster's figures, which cannot be."""

    data: str = setting("space/examples", "data set whose photos are measured; few are repeated")
    photos: int = setting(200, "that are measured", FROM_1)
    dispatched: int = setting(
        400,
        "pieces that are given out, with nothing to do, to measure the engine; 0 leaves it out",
        FROM_0,
    )
    dispatch: float = setting(
        0.0, "pieces a second that the engine gives out; 0 takes what was measured", FROM_0
    )
    job: int = setting(100_000_000, "photos of the simulated job", FROM_1)
    cores: int = setting(16, "of each simulated machine", FROM_1)
    price: float = setting(
        0.0408,
        "dollars an hour of a core: half of AWS's m7g.large on demand, us-east-1, June 2026",
        FROM_0,
    )
    server_gbit: float = setting(
        10.0, "Gbit/s of one file server that all machines read from", ABOVE_0
    )
    machine_gbit: float = setting(
        12.5, "Gbit/s at most of each machine, where the store itself has no limit", ABOVE_0
    )
    requests: float = setting(
        5500.0, "files a second from one prefix of S3, by its documentation", ABOVE_0
    )


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


def measure_load(settings: CapacitySettings) -> Load:
    """Real photos through every step, one after the other -> what each costs."""
    finder, scorer = FaceFinder(), load_scorer()
    reader, size, margin = PhotoReader(finder, scorer), scorer.size, scorer.model.margin
    source = ScoreSettings(data=settings.data)
    clock = StepClock()
    with clock.step("read"):
        named = list(_photos(source, settings.photos))
    with clock.step("decode"):
        photos = [open_photo(content, side=finder.side) for _, content in named]
    with clock.step("find faces"):
        pairs = [(photo, finder.find_faces(photo)) for photo in photos]
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


def stores(nodes: int, settings: CapacitySettings, load: Load) -> dict[str, float]:
    """Machines -> photos a second that each kind of store can send them."""
    return {
        f"one file server, {settings.server_gbit:g} Gbit/s": settings.server_gbit
        * GBIT
        / load.read,
        f"S3, a file a photo, one prefix, {settings.requests:g}/s": settings.requests,
        "S3, tars or parquet": nodes * settings.machine_gbit * GBIT / load.read,
    }


def simulate_clusters(load: Load, engine: float, settings: CapacitySettings) -> Iterator[str]:
    """Measurements -> lines of a table: machines and stores, their rates and loads."""
    head = "machines | store | photos a piece | photos/s | hours"
    yield f"| {head} | workers busy | engine busy | store busy |"
    yield "|---|---|---|---|---|---|---|---|"
    for nodes in NODES:
        for name, rate in stores(nodes, settings, load).items():
            for piece in PIECES:
                done = simulate(
                    nodes * settings.cores,
                    settings.job // piece,
                    piece * load.seconds,
                    engine,
                    rate / piece,
                )
                figures = f"{settings.job / done.seconds:,.0f} | {done.seconds / 3600:.2f}"
                busy = " | ".join(
                    f"{share:.0%}" for share in (done.workers, done.engine, done.store)
                )
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
    print(
        f"{rate:.1f} photos/s a core; a million photos: {hours:.2f} core hours, "
        f"{hours * settings.price:.2f} dollars"
    )
    print(
        f"{load.read:,.0f} bytes read and {load.written:.0f} written a photo; "
        f"{measure_counting():,.0f} rows/s counted"
    )
    engine = settings.dispatch or measure_dispatch(settings.dispatched)
    print(f"{engine:.0f} pieces/s given out", *simulate_clusters(load, engine, settings), sep="\n")


if __name__ == "__main__":
    main()
