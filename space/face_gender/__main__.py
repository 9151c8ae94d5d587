"""The command line: photos, videos and folders in, table out; `python -m face_gender --help`."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from .columns import COLUMNS, PROVENANCE
from .inputs import Inputs
from .job import Asked, Job, Part
from .own_check import read_check
from .photo_groups import group_photos
from .reader import PhotoReader, open_reader
from .report.annotate import kind_of
from .results import file_beside, tracks_beside
from .runtime.journal import SUFFIX
from .runtime.malloc import give_back_memory
from .runtime.terminal import as_command, is_stream, own_output
from .settings import VERSION, PhotoSettings, VideoSettings, ZipSettings, from_environment
from .video import is_video
from .video_reader import VideoReader

EVERY_PHOTO_READ, A_PHOTO_FAILED = 0, 1  # exit codes; argparse itself gives 2 for wrong usage
EPILOG = """\
examples:
  face-gender photo.jpg                              a table on the screen
  face-gender photos/ --csv faces.csv --html faces.html
  face-gender photos.zip --json faces.json           a zip is not unpacked
  curl -s ADDRESS | face-gender -                    one photo, from standard input
  face-gender 1990/ 2020/ --by folder --csv faces.csv
  face-gender photos/ --by age --html faces.html     by photos/metadata.csv
  face-gender film.mp4 --annotated marked.mp4 --blur

The table goes to standard output; totals, and shares with 95 % intervals, to standard error.
Hidden and system files in folders are skipped.

going on:
  After Ctrl-C, a kill or a full disk the same command goes on where it stopped. Until it ends,
  what was read is kept in FILE.unfinished beside the first output.

exit codes:
  0  every photo was read
  1  some could not be read; their rows say why
  2  wrong usage, or the results could not be written
  130  stopped with Ctrl-C
"""


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
    try:
        job = prepare(asked, outputs)
    except ValueError as error:
        parser.error(str(error))
    try:
        failed = job.run(journal_of(outputs))
    except OSError as error:
        parser.error(f"the results could not be written: {error}")
    return A_PHOTO_FAILED if failed else EVERY_PHOTO_READ


def prepare(asked: argparse.Namespace, outputs: dict[str, Path]) -> Job:
    """What was asked for -> the job, checked; nothing is read but names and tables.

    Raises ValueError with a sentence on what is wrong with it.
    """
    inputs = Inputs(asked.paths, from_environment(PhotoSettings), from_environment(ZipSettings))
    for line in inputs.skipped:
        print(line, file=sys.stderr)
    part = Part(asked.start, asked.end)
    check_annotated(asked, inputs.paths)
    check_outputs(files_of(asked, outputs, inputs.paths), inputs.paths)
    if not inputs.paths:
        said = ", ".join(map(str, asked.paths))
        raise ValueError(f"there are no photos or videos in {said}")
    grouping = group_photos(asked.by, inputs) if asked.by else None
    reader = open_reader(asked.model, asked.revision, asked.threshold)
    check_column(asked.by, reader)
    known = read_check(asked.check, reader.scorer.model) if asked.check else None
    settings = from_environment(VideoSettings)
    if asked.rate is not None:
        settings = replace(settings, frame_rate=asked.rate)
    what = Asked(outputs, part, grouping, known, asked.annotated, asked.blur)
    return Job(VideoReader(reader, settings), inputs, what)


def files_of(asked: argparse.Namespace, outputs: dict[str, Path], paths: list[Path]) -> list[Path]:
    """What was asked for -> every file that is written."""
    beside = [tracks_beside(asked.csv, paths)] if asked.csv else []
    tables = (asked.csv, asked.json) if asked.by else ()
    beside += [file_beside(table, "shares") for table in tables if table]
    return [*outputs.values(), *filter(None, (*beside, asked.annotated))]


def check_column(column: str | None, reader: PhotoReader) -> None:
    """Raises ValueError where the table of faces has a column of this name already."""
    if column in (*COLUMNS, *PROVENANCE, *reader.labels):
        raise ValueError(f"--by {column}: the table of faces has a column of that name, rename it")


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


def check_annotated(asked: argparse.Namespace, paths: list[Path]) -> None:
    """Raises ValueError where --annotated is not for one photo or video, or --blur is for none."""
    if asked.annotated and is_stream(asked.annotated):
        raise ValueError("--annotated needs a file to write")
    if asked.annotated and len(paths) != 1 and sum(map(is_video, paths)) != 1:
        raise ValueError(f"--annotated needs one photo or one video, got {len(paths)} files")
    if asked.annotated and len(paths) == 1 and not is_video(paths[0]):
        kind_of(asked.annotated)
    if asked.blur and not asked.annotated:
        raise ValueError("--blur needs --annotated")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "face-gender",
        description="Perceived gender of the faces in photos and videos.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a photo, a video, a folder of them, a zip of photos, or - for a photo from a pipe",
    )
    parser.add_argument("--version", action="version", version=f"face-gender {VERSION}")
    _add_outputs(parser)
    _add_shares(parser)
    _add_video(parser)
    _add_model(parser)
    return parser


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table as CSV")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result as JSON")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="write one page with every photo, its boxes and labels, and every video's timeline",
    )
    parser.add_argument(
        "--annotated",
        type=Path,
        metavar="FILE",
        help="write the one photo, or the one video as MP4, with its faces marked",
    )
    parser.add_argument(
        "--blur", action="store_true", help="blur every face in the annotated photo or video"
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", help="a model's folder or its name on the Hub; the bundled one if not given"
    )
    parser.add_argument("--revision", help="the Hub model's tag or commit")
    parser.add_argument(
        "--threshold",
        type=float,
        help="least score that is a decision, 0 to 1; the model's own if not given",
    )


def _add_shares(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("shares").add_argument
    add(
        "--by",
        metavar="COLUMN",
        help="compare groups: a column of metadata.csv in the photos' folder, or folder",
    )
    add(
        "--check",
        type=Path,
        metavar="FILE",
        help="correct shares by check.json, which the page's Check tab gives",
    )


def _add_video(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("videos").add_argument
    add("--start", type=float, default=0.0, metavar="SECONDS", help="where to start in a video")
    add("--end", type=float, metavar="SECONDS", help="where to end in a video")
    add("--rate", type=float, metavar="FRAMES", help="frames a second to look at; 4 if not given")


if __name__ == "__main__":
    sys.exit(main())
