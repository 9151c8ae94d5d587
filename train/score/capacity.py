"""Photos -> what a core does in a second -> what clusters would do, simulated.

`python -m train.score.capacity --data A B --page docs/capacity.md` writes the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from face_gender.runtime.files import write_text
from face_gender.scores import load_scorer

from ..common.cli import run_stage
from ..common.measured import processor, system, wrapped
from ..settings.base import ABOVE_0, FROM_0, FROM_1, Settings, setting
from .costs import Load, measure_counting, measure_dispatch, measure_load
from .simulation import simulate

NODES = (10, 100, 1000)
PIECES = (500, 1500)  # photos
GBIT = 1e9 / 8  # bytes a second
MEASURED = """`python -m train.score.capacity --page docs/capacity.md --data {data}` wrote this page
on {date}: {processor}, {system}, onnxruntime {onnxruntime}. {origin} Revision: {revision}. Times
are processor time of one thread, means of {photos} photos of each data set."""
SIMULATED = """A simulation of one job of {job:,} photos on machines of {cores} cores: the engine
hands out pieces one by one, the store sends one by one, workers read ahead, and a piece takes its
measured time give or take a tenth. It is fed with the figures of {name} above. The last three
columns say how busy each part is."""


@dataclass(frozen=True)
class CapacitySettings(Settings):
    """What is measured here, and a cluster's figures, which cannot be."""

    data: list[str] = field(
        default_factory=lambda: ["space/examples"],
        metadata={
            "help": "data sets whose photos are measured; few are repeated. The simulation takes "
            "the first"
        },
    )
    photos: int = setting(200, "of each that are measured", FROM_1)
    page: str = setting("", "page to write; printed alone if not given")
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


def cost_table(names: Sequence[str], loads: Sequence[Load], price: float) -> Iterator[str]:
    """Data sets' names and what their photos cost -> lines of a table."""
    yield f"| a photo of | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(names)
    for step in loads[0].steps:
        cells = (
            f"{1000 * each.steps[step]:.2f} ms, {each.steps[step] / each.seconds:.0%}"
            for each in loads
        )
        yield f"| {step} | {' | '.join(cells)} |"
    for what, figures in (
        ("in all", [f"{1000 * each.seconds:.1f} ms" for each in loads]),
        ("photos a second, one core", [f"{1 / each.seconds:.1f}" for each in loads]),
        ("a million photos", [in_dollars(1e6 * each.seconds / 3600, price) for each in loads]),
        ("bytes read, written", [f"{each.read:,.0f}, {each.written:.0f}" for each in loads]),
    ):
        yield f"| {what} | {' | '.join(figures)} |"


def in_dollars(hours: float, price: float) -> str:
    """Hours of a core and the price of one -> both in words."""
    return f"{hours:.1f} core hours, {hours * price:.2f} dollars"


def write_capacity(settings: CapacitySettings) -> None:
    """Measure, simulate, print, and write the page if one is named. Raises StageError."""
    lines = []
    for line in capacity(settings):
        print(line, flush=True)
        lines.append(line)
    if settings.page:
        write_text(Path(settings.page), "\n".join(lines) + "\n")


def capacity(settings: CapacitySettings) -> Iterator[str]:
    """The page's lines, as they are measured. Raises StageError."""
    yield from ("# Capacity", "")
    model, names = load_scorer().model, [name_of(data) for data in settings.data]
    yield wrapped(
        MEASURED.format(
            data=" ".join(names),
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            processor=processor(),
            system=system(),
            onnxruntime=metadata.version("onnxruntime"),
            origin=model.origin,
            revision=model.revision,
            photos=settings.photos,
        )
    )
    loads = [measure_load(data, settings.photos) for data in settings.data]
    yield from ("", *cost_table(names, loads, settings.price), "")
    yield f"- The report counts {measure_counting():,.0f} rows a second."
    engine = settings.dispatch or measure_dispatch(settings.dispatched)
    yield f"- Ray Data hands out {engine:.0f} pieces a second."
    told = SIMULATED.format(job=settings.job, cores=settings.cores, name=names[0])
    yield from ("", "## What gives out next", "", wrapped(told), "")
    yield from simulate_clusters(loads[0], engine, settings)


def name_of(data: str) -> str:
    """A data set's address -> its last part."""
    return data.rstrip("/").rpartition("/")[2]


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(write_capacity, CapacitySettings, arguments=arguments)


if __name__ == "__main__":
    main()
