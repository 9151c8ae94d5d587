"""Pieces -> their tallies, by a cluster of workers; the only module that imports Ray."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from face_gender.runtime.address import LOOPBACK
from face_gender.settings import FaceSettings, ModelSettings, PhotoSettings

from ..common.errors import StageError
from ..settings.score import ScoreSettings
from .sources import Piece
from .worker import PieceScorer, Tally, whole_path

os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"  # read when Ray is imported: it logs to files only
import ray  # noqa: E402
from ray.data import ActorPoolStrategy, DataContext, from_items  # noqa: E402
from ray.exceptions import RayTaskError  # noqa: E402

STORE_BYTES = 100_000_000  # of Ray's object store on this machine: no photo passes through it
ROOT = Path(__file__).parents[2]
PACKAGES = ("space", "train")
OF_WORKERS = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}  # Ray's threads make sixteen pools, each of which keeps 15 MB


class Worker:
    """What Ray starts once for each core, and feeds pieces."""

    def __init__(self, settings: ScoreSettings) -> None:
        """Load detector and model."""
        self._scorer = PieceScorer(settings)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """A piece -> its tally, as a row of Ray's."""
        return asdict(self._scorer.score(Piece(**{**row, "files": tuple(row["files"])})))


@contextmanager
def open_cluster(settings: ScoreSettings) -> Iterator[int]:
    """Settings -> the number of cores of a cluster, which runs while it is needed."""
    logging.getLogger("ray.data").setLevel(
        logging.CRITICAL
    )  # failures are raised, with our own message
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if settings.cluster:
        code = {
            "py_modules": [str(ROOT / name) for name in PACKAGES],
            "env_vars": OF_WORKERS | variables_set(os.environ),
        }
        ray.init(address=settings.cluster, runtime_env=code, **options)
    else:
        cores = settings.workers or len(os.sched_getaffinity(0))
        here: dict[str, Any] = {
            "num_cpus": cores,
            "object_store_memory": STORE_BYTES,
            "include_dashboard": False,
        }
        here["_node_ip_address"] = LOOPBACK  # else other machines could reach it
        ray.init(
            runtime_env={"env_vars": OF_WORKERS | {"PYTHONPATH": str(ROOT)}}, **here, **options
        )
    try:
        yield int(ray.cluster_resources()["CPU"])
    finally:
        ray.shutdown()


def variables_set(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment -> its variables that are settings, which other machines need."""
    kinds = (PhotoSettings, FaceSettings, ModelSettings)
    names = {field.name.upper() for kind in kinds for field in fields(kind)} & set(environ)
    found = {name: environ[name] for name in sorted(names)}
    return found | ({"MODEL_ID": whole_path(found["MODEL_ID"])} if "MODEL_ID" in found else {})


def score_pieces(pieces: list[Piece], settings: ScoreSettings, cores: int) -> Iterator[Tally]:
    """Pieces -> their tallies as they finish; if a worker dies, another takes its piece."""
    if not pieces:
        return
    DataContext.get_current().enable_progress_bars = False
    most = min(settings.workers or cores, len(pieces))
    queued = from_items([asdict(piece) for piece in pieces], override_num_blocks=len(pieces))
    pool = ActorPoolStrategy(
        min_size=1, max_size=most, initial_size=most, max_tasks_in_flight_per_actor=2
    )
    done = queued.map(Worker, fn_constructor_args=(settings,), compute=pool, num_cpus=1)
    try:
        for row in done.iter_rows():
            yield Tally(**row)
    except RayTaskError as error:
        raise StageError(
            f"{reason_of(error)} Finished pieces are kept: fix this and start the job again."
        ) from error


def reason_of(error: RayTaskError) -> str:
    """Ray's error here for an error in a worker -> that error, in its own words."""
    found = re.findall(
        r"^(?:\w+\.)*(\w*(?:Error|Exception|Invalid)): (.*)$", str(error), re.MULTILINE
    )
    kind, said = found[0] if found else ("Error", "see above")
    return (
        f"A worker failed: {said}"
        if kind == StageError.__name__
        else f"A worker failed with {kind}: {said}."
    )
