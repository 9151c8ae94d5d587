"""Every odd file through the reader and the command line: `python -m tests.torture.files`."""

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from face_gender.reader import open_reader
from face_gender.report.tables import status_of
from tests.conftest import ROOT
from tests.torture.corpus import NAMES, every_file, named_files
from tests.torture.report import Line, hold

SECONDS, MEGABYTES = 5.0, 2_000.0
LONGER = 60  # seconds that one file may take before its process is killed for a hang


def read_one(path: Path) -> None:
    """The child process: read each file named on stdin; print its outcome, time and peak memory."""
    reader = open_reader()
    for line in sys.stdin:
        begun = time.process_time()
        (outcome,) = reader.read_many([path / json.loads(line)])
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(json.dumps([status_of(outcome), time.process_time() - begun, most]), flush=True)


def every_odd_file(folder: Path) -> Iterator[Line]:
    """The corpus, file by file through one reader in its own process -> what was seen."""
    for name, content in every_file():
        (folder / name).write_bytes(content)
    names = sorted(path.name for path in folder.iterdir())
    command = [sys.executable, "-W", "ignore", "-m", "tests.torture.files", str(folder)]
    seen: dict[str, tuple[str, float, float]] = {}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        for name in names:
            child.stdin.write(json.dumps(name) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
            hold(bool(answer), f"{name} ended the reader with {child.poll()}")
            seen[name] = tuple(json.loads(answer))
        child.stdin.close()
    slowest = max(seen, key=lambda name: seen[name][1])
    most = max(figure[2] for figure in seen.values())
    hold(seen[slowest][1] < SECONDS and most < MEGABYTES, (slowest, seen[slowest], most))
    kinds = Counter(status.partition(":")[0] for status, *_ in seen.values())
    yield "files: odd ones", f"{len(names)}: {dict(kinds)}, no crash"
    yield "files: slowest", f"{slowest}, {seen[slowest][1]:.2f} s of CPU"
    yield "files: memory", f"{most:.0f} MB most"


def command_line(folder: Path) -> Iterator[Line]:
    """Odd files and names through the command line -> a row each, and nothing else is written."""
    photos = folder / "photos"
    photos.mkdir()
    for name, content in [*every_file(bombs_too=False), *named_files()]:
        (photos / name).write_bytes(content)
    count = len(list(photos.iterdir()))
    outs = [
        word
        for kind in ("csv", "json", "html")
        for word in (f"--{kind}", str(folder / f"t.{kind}"))
    ]
    before = set(ROOT.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "face_gender", str(photos), *outs],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    hold(done.returncode == 1, done.returncode)
    written = {path for path in set(ROOT.rglob("*")) - before if "__pycache__" not in path.parts}
    hold(
        not written
        and sorted(path.name for path in folder.iterdir())
        == ["photos", "t.csv", "t.html", "t.json"],
        written,
    )
    hold(len(list(photos.iterdir())) == count, "a file more or less beside the photos")
    with (folder / "t.csv").open(encoding="utf-8", newline="") as file:
        named = {row["photo"] for row in csv.DictReader(file)}
    yield (
        "files: command line",
        f"{len(named)} of {count} files have their rows, {len(NAMES)} of them with odd names; "
        "nothing else was written",
    )


def main() -> None:
    """The command line: nothing, or for the child the folder."""
    if len(sys.argv) > 1:
        read_one(Path(sys.argv[1]))
        return
    for part in (every_odd_file, command_line):
        with tempfile.TemporaryDirectory() as folder:
            for name, figure in part(Path(folder)):
                print(f"{name:<28} {figure}", flush=True)


if __name__ == "__main__":
    main()
