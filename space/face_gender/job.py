"""Photos and videos -> the files a command was asked for, going on after a kill."""

import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .chunks import keep_frames, known_frames
from .photo import PhotoError
from .report import video as video_report
from .report.annotate import annotate, annotate_photo
from .report.html import to_figure, to_html
from .report.tables import Row, to_csv, to_json, to_record, to_rows, to_text
from .result import Outcome
from .runtime.files import write_text
from .runtime.journal import Journal, Record
from .runtime.terminal import own_output
from .settings import VERSION, FaceSettings, ModelSettings, PhotoSettings, from_environment
from .video import is_video
from .video_reader import Reading, VideoReader
from .video_result import VideoResult


@dataclass(frozen=True)
class Part:
    """Which part of each video is read, in s."""

    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where there is nothing between start and end."""
        if self.start < 0 or not (self.end is None or self.end > self.start):
            raise ValueError(f"--start should be at least 0 and before --end, got {self.start:g}")


class Job:
    """One run of the command; started again after a kill it goes on where it was."""

    def __init__(
        self, reader: VideoReader, paths: list[Path], outputs: dict[str, Path], part: Part = Part()
    ) -> None:
        """paths: photos and videos; outputs: `csv`, `json` and `html` where they are asked for."""
        self._videos, self._reader = reader, reader.reader
        self._paths, self._outputs, self._part = paths, outputs, part

    def run(self, place: Path | None, annotated: Path | None = None, blur: bool = False) -> int:
        """Read, write every output, print the table -> how many files could not be read.

        place: of the journal; annotated: where the one photo or video goes with its faces marked
        Raises OSError where an output cannot be written.
        """
        with Journal(place, self._made_by()) as journal:
            todo = journal.missing(self._paths)
            self._read_photos(journal, [path for path in todo if not is_video(path)])
            for path in todo:
                if is_video(path):
                    self._read_video(journal, path)
            if annotated:
                self._annotate(journal, annotated, blur)
            self._write(journal)
            failed = sum(entry["failed"] for entry in journal.read(self._paths))
            table = self._text(journal)
        if all(own_output(path) is None for path in self._outputs.values()):  # else it would follow
            print_or_drop(table)
        return failed

    def _made_by(self) -> list[Any]:
        return [
            *made_by(self._reader, self._outputs),
            asdict(self._videos.settings),
            asdict(self._part),
        ]

    def _read_photos(self, journal: Journal, photos: list[Path]) -> None:
        total = sum(not is_video(path) for path in self._paths)
        done = total - len(photos)
        bar = _bar(photos, unit="photo", initial=done, total=total)
        for path, outcome in zip(bar, self._reader.read_many(photos), strict=True):
            journal.write(path, to_entry(path, outcome, self._outputs))

    def _read_video(self, journal: Journal, path: Path) -> None:
        try:
            reading = self._open(journal, path)
            known = reading.frames
            with _bar(None, unit="s", desc=path.name, total=reading.length) as bar:
                for _ in keep_frames(journal, path, known, reading):
                    bar.update(round(reading.time - reading.start) - bar.n)
            outcome: VideoResult | PhotoError = reading.result()
        except PhotoError as error:
            outcome = error
        journal.write(path, video_entry(path, outcome, self._outputs))

    def _open(self, journal: Journal, path: Path) -> Reading:
        known = known_frames(journal, path)
        return Reading(self._videos, path, self._part.start, self._part.end, known)

    def _annotate(self, journal: Journal, out: Path, blur: bool) -> None:
        (path,) = [path for path in self._paths if is_video(path)] or self._paths
        (entry,) = journal.read([path])
        if entry["failed"]:
            return
        if not is_video(path):
            annotate_photo(self._reader.read(path), out, blur)
            return
        reading = self._open(journal, path)
        for _ in reading:  # none, but for a frame or two
            pass
        with _bar(None, unit="s", desc=out.name, total=reading.length) as bar:
            annotate(
                path,
                reading.result(),
                out,
                blur,
                self._videos.settings,
                lambda time: _move(bar, time - reading.start),
            )

    def _write(self, journal: Journal) -> None:
        """Every entry -> the files that were asked for."""
        paths, labels = self._paths, self._reader.labels
        more = video_report.VIDEO_COLUMNS if any(map(is_video, paths)) else ()
        files = f"{len(paths)} files" if more else f"{len(paths)} photos"
        summary = f"{files}, threshold {self._reader.threshold:.2f}"
        texts: dict[str, Callable[[], str | Iterable[str]]] = {
            "csv": lambda: to_csv(_rows(journal, paths, "rows"), labels, more),
            "json": lambda: to_json(entry["record"] for entry in journal.read(paths)),
            "html": lambda: to_html((entry["figure"] for entry in journal.read(paths)), summary),
        }
        for kind, path in self._outputs.items():
            write_text(path, texts[kind]())
        if "csv" in self._outputs and (beside := tracks_beside(self._outputs["csv"], paths)):
            write_text(beside, video_report.tracks_csv(_rows(journal, paths, "tracks"), labels))

    def _text(self, journal: Journal) -> str:
        lines = [to_text(list(_rows(journal, self._paths, "text")), self._reader.labels)]
        lines += [said for entry in journal.read(self._paths) if (said := entry.get("said"))]
        return "\n".join(lines)


def tracks_beside(table: Path, paths: list[Path]) -> Path | None:
    """The table of faces -> where the table of tracks goes; None where there are no videos."""
    if not any(map(is_video, paths)) or not (table.is_file() or not table.exists()):
        return None
    return table.with_name(f"{table.stem}.tracks{table.suffix}")


def made_by(reader: Any, outputs: dict[str, Path]) -> list[Any]:
    """All that an entry depends on beside its file; the number of threads is not part of it."""
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
    name = name_of(path)
    rows = to_rows(name, outcome)
    return {
        "failed": isinstance(outcome, PhotoError),
        "rows": rows,
        "text": rows,
        "tracks": [],
        "record": to_record(name, outcome) if "json" in outputs else {},
        "figure": to_figure(name, outcome) if "html" in outputs else "",
    }


def video_entry(path: Path, outcome: VideoResult | PhotoError, outputs: Container[str]) -> Record:
    """A video's outcome -> what the outputs need of it."""
    name = name_of(path)
    failed = isinstance(outcome, PhotoError)
    said = "" if isinstance(outcome, PhotoError) else video_report.say_summary(outcome.summary)
    return {
        "failed": failed,
        "rows": video_report.video_rows(name, outcome) if "csv" in outputs else [],
        "text": video_report.short_rows(name, outcome),
        "tracks": video_report.track_rows(name, outcome),
        "record": video_report.video_record(name, outcome) if "json" in outputs else {},
        "figure": video_report.video_figure(name, outcome) if "html" in outputs else "",
        "said": f"{name}: {said}" if said else "",
    }


def name_of(path: Path) -> str:
    """A path -> what tables call it, whatever bytes its name holds."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def print_or_drop(table: str) -> None:
    """Print it. Raises OSError where it cannot be written, as on a full disk."""
    try:
        print(table, flush=True)
    except OSError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # else Python tries once more as it ends, and complains
        raise


def _rows(journal: Journal, paths: list[Path], kind: str) -> Iterator[Row]:
    return (row for entry in journal.read(paths) for row in entry[kind])


def _bar(paths: list[Path] | None, **options: Any) -> Any:
    return tqdm(paths, disable=not sys.stderr.isatty(), **options)


def _move(bar: Any, seconds: float) -> None:
    bar.update(round(seconds) - bar.n)
