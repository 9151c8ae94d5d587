"""The command line: photos and folders in, table out; `python -m space.face_gender --help`."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from .photo import SUFFIXES, PhotoError
from .reader import PhotoReader, open_reader
from .tables import Row, to_csv, to_figure, to_html, to_json, to_record, to_rows, to_text, write_text

EVERY_PHOTO_READ, A_PHOTO_FAILED = 0, 1  # exit codes; argparse itself gives 2 for wrong usage


def main(arguments: list[str] | None = None) -> int:
    """Read every photo and write what was asked for -> exit code."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    photos = find_photos(asked.paths)
    if not photos:
        parser.error("there are no photos in " + ", ".join(map(str, asked.paths)))
    for path in (asked.csv, asked.json, asked.html):
        if path and not path.parent.is_dir():
            parser.error(f"the folder of {path} does not exist")
    try:
        reader = open_reader(asked.model, asked.revision, asked.threshold)
    except ValueError as error:
        parser.error(str(error))
    return A_PHOTO_FAILED if read_photos(reader, photos, asked.csv, asked.json, asked.html) else EVERY_PHOTO_READ


def read_photos(
    reader: PhotoReader, photos: list[Path], csv: Path | None = None, json: Path | None = None, html: Path | None = None
) -> int:
    """Read photos, print their table and write the files asked for -> how many photos could not be read."""
    rows: list[Row] = []
    records: list[Row] = []
    figures: list[str] = []
    failed = 0
    progress = tqdm(photos, unit="photo", disable=not sys.stderr.isatty())
    for path, outcome in zip(progress, reader.read_many(photos), strict=True):
        failed += isinstance(outcome, PhotoError)
        rows += to_rows(str(path), outcome)
        records += [to_record(str(path), outcome)] if json else []
        figures += [to_figure(str(path), outcome)] if html else []
    print(to_text(rows, reader.labels))
    if csv:
        write_text(csv, to_csv(rows, reader.labels))
    if json:
        write_text(json, to_json(records))
    if html:
        write_text(html, to_html(figures, f"{len(photos)} photos, threshold {reader.threshold:.2f}"))
    return failed


def find_photos(paths: list[Path]) -> list[Path]:
    """Files as they are, folders as the pictures in them and below, by suffix, in order of their names."""
    found: list[Path] = []
    for path in paths:
        inside = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        found += sorted(inside) if path.is_dir() else [path]
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
