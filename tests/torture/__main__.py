"""Runs every part and prints its figures: `python -m tests.torture`; hours on two cores."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import ROOT
from tests.torture.faults import faults
from tests.torture.files import command_line, every_odd_file
from tests.torture.load import load
from tests.torture.report import Line, hold
from tests.torture.soak import soak

FUZZED = ("photo", "zip", "csv", "html", "video")
FUZZ_SECONDS = 300  # each


def fuzz(folder: Path) -> Iterator[Line]:
    """The fuzzer on each of its targets -> how many runs found nothing."""
    for target in FUZZED:
        words = [
            f"-max_total_time={FUZZ_SECONDS}",
            f"-artifact_prefix={folder}/",
            "-print_final_stats=1",
        ]
        command = [sys.executable, "-m", "tests.torture.fuzz", target, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        hold(done.returncode == 0, done.stderr)
        runs = next(
            line.split()[-1]
            for line in done.stderr.splitlines()
            if "number_of_executed_units" in line
        )
        yield f"fuzz: {target}", f"{int(runs):,} runs in {FUZZ_SECONDS} s, nothing found"


def everything(folder: Path) -> Iterator[Line]:
    """Every part, each in a folder of its own."""
    parts = (
        every_odd_file,
        command_line,
        fuzz,
        lambda place: load(200, 300, place),
        lambda place: soak(20_000, place),
        lambda place: faults(),
    )
    for number, part in enumerate(parts):
        place = folder / str(number)
        place.mkdir()
        yield from part(place)


def main() -> None:
    """The command line."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in everything(Path(folder)):
            print(f"{name:<28} {figure}", flush=True)


if __name__ == "__main__":
    main()
