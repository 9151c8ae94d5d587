"""A data set -> a folder of rows, gone on with where a killed job stopped, with progress and the time that is left."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from tqdm import tqdm

from face_gender.model_folder import Model, open_model
from face_gender.report.tables import COLUMNS
from face_gender.runtime.files import HALF, write_text
from face_gender.settings import FaceSettings, PhotoSettings, from_environment

from ..common.stages import StageError, check_checkpoint
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
        raise StageError("Scoring in bulk runs on Ray: pip install --requirement requirements-scale.txt")
    if settings.model:
        check_checkpoint(settings.model)
    try:
        model = open_model(model_settings(settings))
    except ValueError as error:
        raise StageError(str(error)) from error
    check_keep(keep_of(settings), model.labels)
    settings = replace(settings, out=str(Path(settings.out).resolve()), model=whole_path(settings.model))
    pieces = plan_pieces(settings)
    print(f"{describe_pieces(pieces)}, to be told apart as {', '.join(model.labels)}", flush=True)
    hold_plan(pieces, settings, model)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        done = list(pool.map(read_tally, sorted(path_of(0, settings).parent.glob("[!.]*.parquet"))))
    there = {tally.piece for tally in done}
    left = [piece for piece in pieces if piece.number not in there]
    tallies = [*done, *work(left, settings, done)] if left else done
    write_summary(tallies, model, settings)
    write_report(count_table(path_of(0, settings).parent, model.labels, keep_of(settings)), model, Path(settings.out))


def describe_pieces(pieces: list[Piece]) -> str:
    """Pieces -> what kind of data they are, in how many files and, where these have any, rows."""
    files = len({path for piece in pieces for path in piece.files})
    rows = sum(piece.end - piece.start for piece in pieces)
    return f"{pieces[0].kind}: {files:,} files" + (f", {rows:,} rows" if rows else "")


def check_keep(keep: tuple[str, ...], labels: tuple[str, ...]) -> None:
    """Raises StageError where a column that is kept has the name of one that the table has anyway."""
    clash = sorted({*COLUMNS, *labels} & set(keep))
    if clash:
        raise StageError(f"--keep names {', '.join(clash)}, which the table has of its own: rename it in the data.")


def work(pieces: list[Piece], settings: ScoreSettings, done: list[Tally]) -> list[Tally]:
    """Pieces that are left -> their tallies, with a bar that says how far it is, how fast, and how long it will take."""
    from .ray_cluster import open_cluster, score_pieces  # Ray, which nothing else needs

    tallies: list[Tally] = []
    counted = sum_up(done)
    before, total = counted["photos"], len(pieces) + len(done)
    with open_cluster(settings) as cores, tqdm(total=total, initial=len(done), unit="piece", mininterval=1) as bar:
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
    return f"{counted['photos']:,} photos, {counted['faces']:,} faces, {counted['failed']:,} that could not be read"


def hold_plan(pieces: list[Piece], settings: ScoreSettings, model: Model) -> None:
    """Note what a folder of rows is made of. Raises StageError where it was begun with other data, model or settings."""
    limits = from_environment(PhotoSettings), replace(from_environment(FaceSettings), threads=1)  # however many cores are here
    digest = blake2b(repr((limits, [asdict(piece) for piece in pieces])).encode(), digest_size=16).hexdigest()
    fixed = {name: value for name, value in asdict(settings).items() if name not in ("out", "model", "workers", "cluster")}
    plan = {**fixed, "pieces": len(pieces), "digest": digest, "model": model.name, "model_revision": model.revision}
    path = Path(settings.out) / PLAN
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else plan
    changed = [f"{name} {held.get(name)} (now {value})" for name, value in plan.items() if held.get(name) != value]
    if changed:
        raise StageError(f"{settings.out} holds a job with {', '.join(changed)}: take what it had, or another --out.")
    rows = path_of(0, settings).parent
    rows.mkdir(parents=True, exist_ok=True)
    for half in rows.glob(f".*{HALF}"):  # of a job that was killed
        half.unlink()
    write_text(path, json.dumps(plan, indent=1) + "\n")


def write_summary(tallies: list[Tally], model: Model, settings: ScoreSettings) -> None:
    """Tallies -> summary.json: what was read, in how many seconds of a worker's time, in how much memory."""
    counted = sum_up(tallies)
    seconds = round(sum(tally.seconds for tally in tallies), 1)
    memory = max((tally.memory for tally in tallies), default=0)
    figures = {
        **{name: counted[name] for name in COUNTED},
        "worker_seconds": seconds,
        "largest_worker_bytes": memory,
        "model": model.name,
        "revision": model.revision,
        "labels": list(model.labels),
        "threshold": model.threshold,
    }
    write_text(Path(settings.out) / SUMMARY, json.dumps(figures, indent=1) + "\n")
    print(f"{in_words(counted)}; {counted['photos'] / max(seconds, 1e-9):.1f} photos a second of a worker; {settings.out}")
