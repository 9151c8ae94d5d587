"""The command line: photos and folders in, table out; `python -m face_gender --help`."""

import argparse
import os
import sys
from collections.abc import Callable, Container, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .photo import SUFFIXES, PhotoError
from .reader import PhotoReader, open_reader
from .report.html import to_figure, to_html
from .report.tables import Outcome, Row, to_csv, to_json, to_record, to_rows, to_text
from .runtime.files import write_text
from .runtime.folders import in_words, walk_folder
from .runtime.journal import SUFFIX, Journal, Record
from .runtime.malloc import give_back_memory
from .runtime.terminal import as_command, is_stream, own_output
from .settings import VERSION, FaceSettings, ModelSettings, PhotoSettings, from_environment

EVERY_PHOTO_READ, A_PHOTO_FAILED = 0, 1  # exit codes; argparse itself gives 2 for wrong usage
EXIT_CODES = (
    "Exit codes: 0, every photo was read; 1, some could not be; 2, wrong usage, or the results "
    "could not be written; 130, stopped with Ctrl-C. Hidden and system files are skipped."
)


def main(arguments: list[str] | None = None) -> int:
    """Read every photo and write what was asked for -> exit code; Ctrl-C ends it with 130."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    outputs = {
        name: path
        for name, path in (("csv", asked.csv), ("json", asked.json), ("html", asked.html))
        if path
    }
    with as_command(lambda: how_to_go_on(outputs)):
        return run(parser, asked, outputs)


def run(
    parser: argparse.ArgumentParser, asked: argparse.Namespace, outputs: dict[str, Path]
) -> int:
    """What was asked for -> exit code, or the parser's own with a sentence."""
    give_back_memory()
    photos, skipped = find_photos(asked.paths)
    for line in skipped:
        print(line, file=sys.stderr)
    try:
        check_outputs(list(outputs.values()), photos)
        if not photos:
            raise ValueError("there are no photos in " + ", ".join(map(str, asked.paths)))
        reader = open_reader(asked.model, asked.revision, asked.threshold)
    except ValueError as error:
        parser.error(str(error))
    try:
        failed = read_photos(reader, photos, outputs)
    except OSError as error:
        parser.error(f"the results could not be written: {error}")
    return A_PHOTO_FAILED if failed else EVERY_PHOTO_READ


def how_to_go_on(outputs: dict[str, Path]) -> str:
    """Outputs -> what to do after Ctrl-C."""
    place = journal_of(outputs)
    if place is None:
        return "Nothing is kept: name a file with --csv, --json or --html to be able to go on."
    if not place.exists():
        return "Nothing was begun yet."
    return f"What was read is kept in {place}: the same command goes on from there."


def journal_of(outputs: dict[str, Path]) -> Path | None:
    """Outputs -> the file beside the first that outlives a kill; None where all are streams."""
    files = (path for path in outputs.values() if not is_stream(path))
    return next((path.with_name(path.name + SUFFIX) for path in files), None)


def check_outputs(outputs: list[Path], photos: list[Path]) -> None:
    """Raises ValueError where a file cannot be written, or is another output or a photo."""
    for number, path in enumerate(outputs):
        if is_stream(path) and not path.is_dir():
            check_stream(path)
        elif not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise ValueError(f"the folder of {path} does not exist, or cannot be written to")
        if path.is_dir():
            raise ValueError(f"{path} is a folder")
        if any(path.resolve() == other.resolve() for other in [*outputs[:number], *photos]):
            raise ValueError(f"{path} is named twice")


def check_stream(path: Path) -> None:
    """Raises ValueError where a terminal, pipe or device cannot be written to."""
    if own_output(path) is None and not os.access(path, os.W_OK):
        raise ValueError(f"{path} cannot be written to")


def read_photos(reader: PhotoReader, photos: list[Path], outputs: dict[str, Path]) -> int:
    """Read photos, write `csv`, `json`, `html` where named, print the table -> photos that failed.

    Started again after a kill, it goes on: what was read waits beside the first output.
    """
    with Journal(journal_of(outputs), made_by(reader, outputs)) as journal:
        todo = journal.missing(photos)
        progress = tqdm(
            todo,
            unit="photo",
            initial=len(photos) - len(todo),
            total=len(photos),
            disable=not sys.stderr.isatty(),
        )
        for path, outcome in zip(progress, reader.read_many(todo), strict=True):
            journal.write(path, to_entry(path, outcome, outputs))
        write_outputs(journal, photos, outputs, reader)
        table = to_text(_rows_of(journal, photos), reader.labels)
        failed = sum(entry["failed"] for entry in journal.read(photos))
    if all(own_output(path) is None for path in outputs.values()):  # else it would follow them
        print_or_drop(table)
    return failed


def made_by(reader: PhotoReader, outputs: dict[str, Path]) -> list[Any]:
    """All that an entry depends on beside its photo; the number of threads is not part of it."""
    settings = [
        asdict(from_environment(PhotoSettings)),
        asdict(from_environment(FaceSettings)),
        asdict(from_environment(ModelSettings)),
    ]
    for each in settings:
        each.pop("threads", None)
    return [
        VERSION,
        str(reader.folder),
        reader.model,
        reader.revision,
        reader.threshold,
        sorted(outputs),
        settings,
    ]


def to_entry(path: Path, outcome: Outcome, outputs: Container[str]) -> Record:
    """A photo's outcome -> what the outputs need of it."""
    name = os.fsencode(path).decode("utf-8", "backslashreplace")
    return {
        "failed": isinstance(outcome, PhotoError),
        "rows": to_rows(name, outcome),
        "record": to_record(name, outcome) if "json" in outputs else {},
        "figure": to_figure(name, outcome) if "html" in outputs else "",
    }


def write_outputs(
    journal: Journal, photos: list[Path], outputs: dict[str, Path], reader: PhotoReader
) -> None:
    """Every photo's entry -> the files that were asked for."""
    summary = f"{len(photos)} photos, threshold {reader.threshold:.2f}"
    texts: dict[str, Callable[[], str | Iterable[str]]] = {
        "csv": lambda: to_csv(_rows_of(journal, photos), reader.labels),
        "json": lambda: to_json(entry["record"] for entry in journal.read(photos)),
        "html": lambda: to_html((entry["figure"] for entry in journal.read(photos)), summary),
    }
    for kind, path in outputs.items():
        write_text(path, texts[kind]())


def print_or_drop(table: str) -> None:
    """Print it. Raises OSError where it cannot be written, as on a full disk."""
    try:
        print(table, flush=True)
    except OSError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # else Python tries once more as it ends, and complains
        raise


def _rows_of(journal: Journal, photos: list[Path]) -> list[Row]:
    return [row for entry in journal.read(photos) for row in entry["rows"]]


def find_photos(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """Files as they are and folders -> photos, and a line for each folder on what was skipped."""
    found: list[Path] = []
    said: list[str] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (Path raises where it may not look)
            walk = walk_folder(path, SUFFIXES)
            found += walk.files
            said += filter(None, [in_words(walk.skipped, path)])
        else:
            found.append(path)
    return found, said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "face_gender", description="Perceived gender of the faces in photos.", epilog=EXIT_CODES
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a photo, or a folder of them"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table as CSV")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result as JSON")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="write one page with every photo, its boxes and labels",
    )
    parser.add_argument(
        "--model", help="a model's folder or its name on the Hub; the bundled one if not given"
    )
    parser.add_argument("--revision", help="the Hub model's tag or commit")
    parser.add_argument(
        "--threshold",
        type=float,
        help="least score that is a decision, 0 to 1; the model's own if not given",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
