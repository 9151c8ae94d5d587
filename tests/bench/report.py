"""Rows that were measured -> BENCH.md; a row that was not measured this time stays as it was, with its own date."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

REPORT = Path(__file__).parents[2] / "BENCH.md"
TRIED = Path(__file__).with_name("tried.md")
PACKAGES = ("numpy", "pillow", "onnxruntime", "gradio", "torch", "transformers", "facenet-pytorch")
HEAD = "| what | measured | aim | at least | threads | date |\n|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Row:
    """One line: what, what came out, and the two targets; the last three as they are to be read."""

    what: str
    measured: str
    aim: str = ""
    least: str = ""
    threads: int = os.cpu_count() or 1

    def line(self) -> str:
        """As a line of the table."""
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        return f"| {self.what} | {self.measured} | {self.aim} | {self.least} | {self.threads} | {date} |"


def kept_lines() -> dict[str, str]:
    """What BENCH.md holds so far, by what was measured."""
    text = REPORT.read_text(encoding="utf-8").partition(HEAD)[2].partition("\n\n")[0] if REPORT.is_file() else ""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in rows}


def processor() -> str:
    """The processor's name and how many cores of it there are."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


def write_report(rows: list[Row]) -> None:
    """Write the file whole."""
    lines = kept_lines() | {row.what: row.line() for row in rows}
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    REPORT.write_text(
        f"# Fast and small\n\nBy `make bench`, on {processor()}, {system}, {versions}.\n"
        "Ratios are of medians, with 95 % intervals over rounds in which the stacks, each a process, take turns. Each\n"
        "reads a photo twice a turn; the second time counts, unless a row says that it is of the first.\n\n"
        f"{HEAD}" + "\n".join(lines.values()) + f"\n\n{TRIED.read_text(encoding='utf-8')}",
        encoding="utf-8",
    )
