"""Measured rows -> docs/benchmarks.md; other rows stay as they were, each with its own date."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from train.common.measured import processor, system, wrapped

REPORT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
TRIED = Path(__file__).with_name("tried.md")
PACKAGES = ("numpy", "pillow", "onnxruntime", "gradio", "torch", "transformers", "facenet-pytorch")
HEAD = "| what | measured | aim | minimum | | threads | date |\n|---|---|---|---|---|---|---|\n"
MEASURED = "`make bench` writes this page. It ran on {on}, {system}, {versions}."
METHOD = """Each stack is a process of its own, and they take turns. A ratio is one of medians, with
a 95 % interval over the rounds. Each stack reads a photo twice a turn; the second time counts,
unless a row says that it is of the first."""


@dataclass(frozen=True)
class Row:
    """One line: what, measured (figure first), the aim, and the minimum in the figure's unit."""

    what: str
    measured: str
    aim: str = ""
    at_least: float | None = None
    at_most: float | None = None
    threads: int = os.cpu_count() or 1

    def verdict(self) -> str:
        """What must be, and whether it is: two cells."""
        if self.at_least is not None:
            return f"at least {self.at_least:g} | {said(self.figure() - self.at_least)}"
        if self.at_most is not None:
            return f"at most {self.at_most:g} | {said(self.at_most - self.figure())}"
        return " | "

    def figure(self) -> float:
        """The number that `measured` starts with."""
        return float(self.measured.split()[0].rstrip("x"))

    def line(self) -> str:
        """As a line of the table."""
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        cells = (self.what, self.measured, self.aim, self.verdict(), self.threads, date)
        return f"| {' | '.join(map(str, cells))} |"


def said(spare: float) -> str:
    """By how much a figure is on the right side of what must be -> in words."""
    return "met" if spare >= 0 else f"missed by {-spare:.2g}"


def kept_lines() -> dict[str, str]:
    """What docs/benchmarks.md holds so far, by what was measured."""
    if not REPORT.is_file():
        return {}
    text = REPORT.read_text(encoding="utf-8").partition(HEAD)[2].partition("\n\n")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in rows}


def write_report(rows: list[Row]) -> None:
    """Write the file whole."""
    lines = kept_lines() | {row.what: row.line() for row in rows}
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    measured = wrapped(MEASURED.format(on=processor(), system=system(), versions=versions))
    table = HEAD + "\n".join(lines.values())
    tried = TRIED.read_text(encoding="utf-8")
    text = "\n\n".join(("# Benchmarks", measured, wrapped(METHOD), table, tried))
    REPORT.write_text(text, encoding="utf-8")
