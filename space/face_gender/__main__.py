"""The command line: photos and folders in, table out; `python -m space.face_gender --help`."""

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from .memory import give_back_memory
from .photo import SUFFIXES, PhotoError
from .reader import PhotoReader, open_reader
from .tables import Row, to_csv, to_figure, to_html, to_json, to_record, to_rows, to_text, write_text

EVERY_PHOTO_READ, A_PHOTO_FAILED = 0, 1  # exit codes; argparse itself gives 2 for wrong usage


def main(arguments: list[str] | None = None) -> int:
    """Read every photo and write what was asked for -> exit code."""
    give_back_memory()
    parser = _parser()
    asked = parser.parse_args(arguments)
    outputs = {name: path for name, path in (("csv", asked.csv), ("json", asked.json), ("html", asked.html)) if path}
    photos = find_photos(asked.paths)
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


def check_outputs(outputs: list[Path], photos: list[Path]) -> None:
    """Raises ValueError where a file could not be written, or would take the place of another or of a photo."""
    for number, path in enumerate(outputs):
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise ValueError(f"the folder of {path} does not exist, or cannot be written to")
        if path.is_dir():
            raise ValueError(f"{path} is a folder")
        if any(path.resolve() == other.resolve() for other in [*outputs[:number], *photos]):
            raise ValueError(f"{path} is named twice")


def read_photos(reader: PhotoReader, photos: list[Path], outputs: dict[str, Path]) -> int:
    """Read photos, print their table and write `csv`, `json` and `html` where named -> how many could not be read."""
    rows: list[Row] = []
    records: list[Row] = []
    figures: list[str] = []
    failed = 0
    progress = tqdm(photos, unit="photo", disable=not sys.stderr.isatty())
    for path, outcome in zip(progress, reader.read_many(photos), strict=True):
        name = os.fsencode(path).decode("utf-8", "backslashreplace")
        failed += isinstance(outcome, PhotoError)
        rows += to_rows(name, outcome)
        records += [to_record(name, outcome)] if "json" in outputs else []
        figures += [to_figure(name, outcome)] if "html" in outputs else []
    texts = {
        "csv": lambda: to_csv(rows, reader.labels),
        "json": lambda: to_json(records),
        "html": lambda: to_html(figures, f"{len(photos)} photos, threshold {reader.threshold:.2f}"),
    }
    for kind, path in outputs.items():
        write_text(path, texts[kind]())
    print(to_text(rows, reader.labels), flush=True)
    return failed


def find_photos(paths: list[Path]) -> list[Path]:
    """Files as they are, folders as the pictures in them and below, by suffix, in order of their names."""
    found: list[Path] = []
    for path in paths:
        inside = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        found += sorted(inside) if os.path.isdir(path) else [path]  # noqa: PTH112 (Path raises where it may not look)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("face_gender", description="Perceived gender of the faces in photos.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a photo, or a folder of them")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table as CSV")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page with every photo, its boxes and labels")
    parser.add_argument("--model", help="a model's folder or its name on the Hub; the bundled one if not given")
    parser.add_argument("--revision", help="the Hub model's tag or commit")
    parser.add_argument("--threshold", type=float, help="least score that is a decision, 0 to 1; the model's own if not given")
    return parser


if __name__ == "__main__":
    sys.exit(main())
