"""A data set -> a folder of rows; a job that was killed goes on where it stopped."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tqdm import tqdm

from face_gender.model_folder import Model, open_model
from face_gender.report.rendering import how_many
from face_gender.report.tables import COLUMNS, provenance_of
from face_gender.runtime.files import HALF, write_text
from face_gender.settings import FaceSettings, PhotoSettings, from_environment

from ..common.errors import StageError
from ..common.files import check_checkpoint
from ..settings.score import ScoreSettings
from .aggregate import count_table
from .report import write_report
from .sources import Piece, plan_pieces
from .worker import Tally, keep_of, model_settings, path_of, read_tally, whole_path

PLAN, SUMMARY = "plan.json", "summary.json"
COUNTED = ("photos", "faces", "no_face", "failed")
READ_AT_ONCE = 16  # tallies of what is there already


def score_data(settings: ScoreSettings) -> None:
    """Plan, score what is not there yet, sum up. Raises StageError."""
    if not find_spec("ray"):
        raise StageError(
            "Scoring in bulk runs on Ray: pip install --requirement requirements-scale.txt"
        )
    if not settings.out:
        raise StageError("Name a folder for the table: --out FOLDER.")
    if settings.model:
        check_checkpoint(settings.model)
    try:
        model = open_model(model_settings(settings))
    except ValueError as error:
        raise StageError(str(error)) from error
    check_keep(keep_of(settings), model.labels)
    settings = replace(
        settings, out=str(Path(settings.out).resolve()), model=whole_path(settings.model)
    )
    pieces = plan_pieces(settings)
    print(f"{describe_pieces(pieces)}, classes {', '.join(model.labels)}", flush=True)
    hold_plan(pieces, settings, model)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        done = list(pool.map(read_tally, sorted(path_of(0, settings).parent.glob("[!.]*.parquet"))))
    there = {tally.piece for tally in done}
    left = [piece for piece in pieces if piece.number not in there]
    tallies = [*done, *work(left, settings, done)] if left else done
    write_summary(tallies, model, settings)
    write_report(
        count_table(path_of(0, settings).parent, model.labels, keep_of(settings)),
        model,
        Path(settings.out),
        settings.data,
    )


def describe_pieces(pieces: list[Piece]) -> str:
    """Pieces -> their kind, and their numbers of files and, if known, rows."""
    files = how_many(len({path for piece in pieces for path in piece.files}), "file")
    rows = sum(piece.end - piece.start for piece in pieces)
    return f"{pieces[0].kind}: {files}" + (f", {how_many(rows, 'row')}" if rows else "")


def check_keep(keep: tuple[str, ...], labels: tuple[str, ...]) -> None:
    """Raises StageError if a kept column has the name of one of the table's own."""
    clash = sorted({*COLUMNS, *labels} & set(keep))
    if clash:
        raise StageError(
            f"--keep names {', '.join(clash)}, a column of the table itself: rename it in the data."
        )


def work(pieces: list[Piece], settings: ScoreSettings, done: list[Tally]) -> list[Tally]:
    """Pieces that are left -> their tallies, with a bar of progress, speed and time left."""
    from .ray_cluster import open_cluster, score_pieces  # Ray, which nothing else needs

    tallies: list[Tally] = []
    counted = sum_up(done)
    before, total = counted["photos"], len(pieces) + len(done)
    with (
        open_cluster(settings) as cores,
        tqdm(total=total, initial=len(done), unit="piece", mininterval=1) as bar,
    ):
        for tally in score_pieces(pieces, settings, cores):
            tallies.append(tally)
            counted += sum_up([tally])
            rate = (counted["photos"] - before) / max(1e-9, bar.format_dict["elapsed"])
            bar.set_postfix_str(f"{rate:.1f} photos/s, {in_words(counted)}", refresh=False)
            bar.update()
    return tallies


def sum_up(tallies: list[Tally]) -> Counter[str]:
    """Tallies -> how many photos, faces, photos without one, and photos that could not be read."""
    return Counter({name: sum(getattr(tally, name) for tally in tallies) for name in COUNTED})


def in_words(counted: Counter[str]) -> str:
    """Counts -> a line."""
    read = f"{how_many(counted['photos'], 'photo')}, {how_many(counted['faces'])}"
    return f"{read}, {counted['failed']:,} that could not be read"


def hold_plan(pieces: list[Piece], settings: ScoreSettings, model: Model) -> None:
    """Note what a folder of rows is made of, and remove what a killed job left half written.

    Raises StageError if the folder was started with other data, model or settings.
    """
    path, plan = Path(settings.out) / PLAN, plan_of(pieces, settings, model)
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else plan
    changed = [
        f"{name} {held.get(name)} (now {value})"
        for name, value in plan.items()
        if held.get(name) != value
    ]
    if changed:
        said = ", ".join(changed)
        raise StageError(
            f"{settings.out} holds a job with {said}: use its settings, or another --out."
        )
    rows = path_of(0, settings).parent
    rows.mkdir(parents=True, exist_ok=True)
    for half in rows.glob(f".*{HALF}"):
        half.unlink()
    write_text(path, json.dumps(plan, indent=1) + "\n")


def plan_of(pieces: list[Piece], settings: ScoreSettings, model: Model) -> dict[str, Any]:
    """Pieces, settings and model -> everything that a row depends on."""
    faces = replace(from_environment(FaceSettings), threads=1)  # whatever cores are here
    limits = from_environment(PhotoSettings), faces
    made_of = repr((limits, [asdict(piece) for piece in pieces]))
    free = ("out", "model", "workers", "cluster")
    return {
        **{name: value for name, value in asdict(settings).items() if name not in free},
        "pieces": len(pieces),
        "digest": blake2b(made_of.encode(), digest_size=16).hexdigest(),
        "model": model.name,
        "model_revision": model.revision,
    }


def write_summary(tallies: list[Tally], model: Model, settings: ScoreSettings) -> None:
    """Tallies -> summary.json: what was read, in how much worker time and memory."""
    counted = sum_up(tallies)
    seconds = round(sum(tally.seconds for tally in tallies), 1)
    memory = max((tally.memory for tally in tallies), default=0)
    figures = {
        "data": settings.data,
        **{name: counted[name] for name in COUNTED},
        "worker_seconds": seconds,
        "largest_worker_bytes": memory,
        "labels": list(model.labels),
        **provenance_of(model.threshold, model.name, model.revision),
    }
    write_text(Path(settings.out) / SUMMARY, json.dumps(figures, indent=1) + "\n")
    print(
        f"{in_words(counted)}; {counted['photos'] / max(seconds, 1e-9):.1f} photos a second "
        f"for each worker; {settings.out}"
    )
