"""Photos and videos -> the files a command was asked for, going on after a kill."""

import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .chunks import keep_frames, known_frames
from .entries import to_entry, video_entry
from .inputs import Inputs
from .photo import PhotoError
from .photo_groups import Grouping
from .report.annotate import annotate, annotate_photo
from .report.tables import to_text
from .result import Result
from .results import Results
from .runtime.journal import Journal
from .runtime.terminal import own_output
from .settings import VERSION, FaceSettings, ModelSettings, PhotoSettings, from_environment
from .shares import Known, known_errors
from .video import is_video
from .video_reader import Reading, VideoReader
from .video_result import VideoResult

STDERR = 2


@dataclass(frozen=True)
class Part:
    """Which part of each video is read, in s."""

    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where there is nothing between start and end."""
        if self.start < 0 or not (self.end is None or self.end > self.start):
            raise ValueError(f"--start should be at least 0 and before --end, got {self.start:g}")


@dataclass(frozen=True)
class Asked:
    """What a command is to do with what it reads.

    outputs: `csv`, `json` and `html` where they are asked for
    known: of the model's errors, in place of what its own test says
    """

    outputs: dict[str, Path]
    part: Part = Part()
    grouping: Grouping | None = None
    known: Known | None = None
    annotated: Path | None = None
    blur: bool = False


class Job:
    """One run of the command; started again after a kill it goes on where it was."""

    def __init__(self, reader: VideoReader, inputs: Inputs, asked: Asked) -> None:
        """reader: of videos, and by its own reader of photos."""
        self._videos, self._reader, self._asked = reader, reader.reader, asked
        self._inputs, self._paths, self._outputs = inputs, inputs.paths, asked.outputs

    def run(self, place: Path | None) -> int:
        """Read, write every output, print the table -> how many files could not be read.

        place: of the journal
        Raises OSError where an output cannot be written.
        """
        with Journal(place, self._made_by()) as journal:
            todo = journal.missing(self._paths)
            self._read_photos(journal, [path for path in todo if not is_video(path)])
            for path in todo:
                if is_video(path):
                    self._read_video(journal, path)
            if self._asked.annotated:
                self._annotate(journal, self._asked.annotated)
            results = self._results(journal)
            results.write(self._outputs)
            failed = sum(entry["failed"] for entry in journal.read(self._paths))
            table, totals = self._text(journal), results.in_words()
        if all(own_output(path) is None for path in self._outputs.values()):  # else it would follow
            print_or_drop(table)
        if all(own_output(path) != STDERR for path in self._outputs.values()):
            with suppress(OSError):
                print(totals, file=sys.stderr, flush=True)
        return failed

    def _results(self, journal: Journal) -> Results:
        known = self._asked.known or known_errors(self._reader.scorer.model)
        return Results(journal, self._paths, self._reader, known, self._asked.grouping)

    def _made_by(self) -> list[Any]:
        return [
            *made_by(self._reader, self._outputs),
            asdict(self._videos.settings),
            asdict(self._asked.part),
            self._inputs.stamp,
        ]

    def _read_photos(self, journal: Journal, photos: list[Path]) -> None:
        total = sum(not is_video(path) for path in self._paths)
        done = total - len(photos)
        bar = _bar(photos, unit="photo", initial=done, total=total)
        outcomes = self._reader.read_many(self._inputs.read(photos))
        for path, outcome in zip(bar, outcomes, strict=True):
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
        known, part = known_frames(journal, path), self._asked.part
        return Reading(self._videos, path, part.start, part.end, known)

    def _annotate(self, journal: Journal, out: Path) -> None:
        (path,) = [path for path in self._paths if is_video(path)] or self._paths
        (entry,) = journal.read([path])
        if entry["failed"]:
            return
        if not is_video(path):
            (outcome,) = self._reader.read_many(self._inputs.read([path]))
            if isinstance(outcome, Result):
                annotate_photo(outcome, out, self._asked.blur)
            return
        reading = self._open(journal, path)
        for _ in reading:  # none, but for a frame or two
            pass
        with _bar(None, unit="s", desc=out.name, total=reading.length) as bar:
            annotate(
                path,
                reading.result(),
                out,
                self._asked.blur,
                self._videos.settings,
                lambda time: _move(bar, time - reading.start),
            )

    def _text(self, journal: Journal) -> str:
        rows = [row for entry in journal.read(self._paths) for row in entry["text"]]
        lines = [to_text(rows, self._reader.labels)]
        lines += [said for entry in journal.read(self._paths) if (said := entry.get("said"))]
        return "\n".join(lines)


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


def print_or_drop(table: str) -> None:
    """Print it. Raises OSError where it cannot be written, as on a full disk."""
    try:
        print(table, flush=True)
    except OSError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # else Python tries once more as it ends, and complains
        raise


def _bar(paths: list[Path] | None, **options: Any) -> Any:
    return tqdm(paths, disable=not sys.stderr.isatty(), **options)


def _move(bar: Any, seconds: float) -> None:
    bar.update(round(seconds) - bar.n)
