"""The command line: photos, videos and folders in, table out; `python -m face_gender --help`."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from .job import Job, Part, tracks_beside
from .photo import SUFFIXES
from .reader import open_reader
from .report.annotate import kind_of
from .runtime.folders import in_words, walk_folder
from .runtime.journal import SUFFIX
from .runtime.malloc import give_back_memory
from .runtime.terminal import as_command, is_stream, own_output
from .settings import VideoSettings, from_environment
from .video import SUFFIXES as VIDEO_SUFFIXES
from .video import is_video
from .video_reader import VideoReader

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
        part = Part(asked.start, asked.end)
        check_annotated(asked, photos)
        beside = tracks_beside(asked.csv, photos) if asked.csv else None
        files = [*outputs.values(), *filter(None, (beside, asked.annotated))]
        check_outputs(files, photos)
        if not photos:
            said = ", ".join(map(str, asked.paths))
            raise ValueError(f"there are no photos or videos in {said}")
        reader = open_reader(asked.model, asked.revision, asked.threshold)
        settings = from_environment(VideoSettings)
        if asked.rate is not None:
            settings = replace(settings, frame_rate=asked.rate)
    except ValueError as error:
        parser.error(str(error))
    try:
        job = Job(VideoReader(reader, settings), photos, outputs, part)
        failed = job.run(journal_of(outputs), asked.annotated, asked.blur)
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


def find_photos(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """Files and folders -> photos and videos, and a line on what was skipped in each folder."""
    found: list[Path] = []
    said: list[str] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (Path raises where it may not look)
            walk = walk_folder(path, (*SUFFIXES, *VIDEO_SUFFIXES))
            found += walk.files
            said += filter(None, [in_words(walk.skipped, path)])
        else:
            found.append(path)
    return found, said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "face_gender",
        description="Perceived gender of the faces in photos and videos.",
        epilog=EXIT_CODES,
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a photo, a video, or a folder of them"
    )
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
    _add_video(parser)
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


def _add_video(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("videos").add_argument
    add("--start", type=float, default=0.0, metavar="SECONDS", help="where to start in a video")
    add("--end", type=float, metavar="SECONDS", help="where to end in a video")
    add("--rate", type=float, metavar="FRAMES", help="frames a second to look at; 4 if not given")


if __name__ == "__main__":
    sys.exit(main())
