"""A photo's or video's outcome -> its entry in a job's journal: what the outputs need of it."""

import os
from collections.abc import Container
from pathlib import Path

from .inputs import STDIN
from .photo import PhotoError
from .report import video as video_report
from .report.html import to_figure
from .report.tables import to_record, to_rows
from .result import Outcome
from .runtime.journal import Record
from .video_result import VideoResult


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
    if path == STDIN:
        return "stdin"  # a spreadsheet would run "-"
    return os.fsencode(path).decode("utf-8", "backslashreplace")
