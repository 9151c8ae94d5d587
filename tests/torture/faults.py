"""Kills, deleted models, full disks and jumping clocks: `python -m tests.torture.faults`."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.conftest import ROOT
from tests.support.pictures import write_crops
from tests.torture.app import Visitor, as_file, running
from tests.torture.corpus import flip
from tests.torture.kills import FIT, QUIET, folder_job_killed, training_killed, video_job_killed
from tests.torture.report import Line, hold

FACE = ROOT / "space" / "examples" / "astronaut.jpg"
BUNDLED = ROOT / "space" / "model"
CLOCK = Path(__file__).with_name("clock.c")
DAY = 24 * 3600  # seconds


def server_killed(folder: Path) -> Line:
    """SIGKILL amid requests, then a new process: it answers, and nothing of the old one is left."""
    photo = FACE.read_bytes()
    with running(folder / "uploads") as app, Visitor(app.address, 20) as visitor:
        (path,) = visitor.upload([("a.jpg", photo)])
        for _ in range(5):
            visitor.join("predict", [as_file(path)])
        app.process.kill()
        app.process.wait()
        left = app.kept_files()
        try:
            visitor.join("predict", [as_file(path)])
        except httpx.HTTPError as error:
            said = type(error).__name__
    with running(folder / "uploads") as app, Visitor(app.address) as visitor:
        gone = app.kept_files()
        kind, _ = visitor.predict("a.jpg", photo)
        hold(kind == "complete" and gone == 0, (kind, gone))
    return (
        "killed in mid-request",
        f"{said} for the visitor; {left} uploads left, {gone} after the restart, which answers",
    )


def model_gone(folder: Path) -> Line:
    """The model deleted, then replaced by noise, under a running server; then a start with each."""
    model = shutil.copytree(BUNDLED, folder / "model")
    photo = FACE.read_bytes()
    with running(folder / "uploads", MODEL_ID=model) as app, Visitor(app.address) as visitor:
        before = visitor.predict("a.jpg", photo)
        (model / "model.onnx").write_bytes(
            flip((model / "model.onnx").read_bytes(), 1000, random.Random(0))
        )
        damaged = visitor.predict("b.jpg", photo)
        shutil.rmtree(model)
        deleted = visitor.predict("c.jpg", photo)
    hold(before == damaged == deleted and before[0] == "complete", (before, damaged, deleted))
    said = []
    for content in (None, b"", b"noise" * 1000):
        shutil.rmtree(model, ignore_errors=True)
        shutil.copytree(BUNDLED, model, ignore=shutil.ignore_patterns("*.onnx", "*.safetensors"))
        if content is not None:
            (model / "model.onnx").write_bytes(content)
        asked = {**os.environ, "MODEL_ID": str(model), "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=asked,
            capture_output=True,
            text=True,
            timeout=120,
        )
        hold(done.returncode == 1 and "ValueError: " in done.stderr.splitlines()[-1], done.stderr)
        said.append(done.stderr.splitlines()[-1])
    return (
        "model damaged and deleted",
        f"a running server gives the same answers; {len(said)} starts end with a sentence",
    )


def clock_jumps(folder: Path) -> Line:
    """The clock goes a day ahead, then a week back, then home, while it serves."""
    compiler = shutil.which("cc")
    if compiler is None:
        return "clock jumps", "not tried: no C compiler"
    clock, moved = folder / "clock", folder / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", moved, CLOCK, "-ldl"], check=True)
    kinds = []
    with running(folder / "uploads", LD_PRELOAD=moved, CLOCK_AHEAD=clock, KEPT_SECONDS=5) as app:
        for jump in (0, DAY, -7 * DAY, 0):
            clock.write_text(str(jump))
            with Visitor(app.address) as visitor:
                kinds.append(visitor.predict("a.jpg", FACE.read_bytes())[0])
        until(lambda: app.kept_files() == 0, 60)
        left = app.kept_files()
    hold(kinds == ["complete"] * 4 and left == 0, (kinds, left))
    return (
        "clock jumps",
        f"a day ahead, a week back, home: {len(kinds)} answers, {left} uploads left",
    )


def full_disk(folder: Path) -> Line:
    """A disk fills up while the table is written and while training; with room, both finish."""
    disk, photos, table = folder / "disk", folder / "photos", folder / "disk" / "t.html"
    photos.mkdir()
    for number in range(40):
        (photos / f"{number:02}.jpg").symlink_to(FACE)
    job = [sys.executable, "-m", "face_gender", str(photos), "--html", str(table)]
    with mounted(disk, "300k"):
        first = subprocess.run(job, cwd=ROOT, capture_output=True, text=True)
        hold(
            first.returncode == 2
            and "No space left" in first.stderr
            and "Traceback" not in first.stderr,
            first.stderr,
        )
        hold([path.name for path in disk.iterdir()] == ["t.html.unfinished"], list(disk.iterdir()))
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        hold(
            subprocess.run(job, cwd=ROOT, **QUIET).returncode == 0
            and table.read_text().count("<figure") == len(set(photos.iterdir())),
            table,
        )
    write_crops(folder / "crops")
    with mounted(disk, "1200k"):
        (disk / "crops").symlink_to(folder / "crops")
        fit = subprocess.run([*FIT, "--out", str(disk)], cwd=ROOT, capture_output=True, text=True)
        last = fit.stderr.strip().splitlines()[-1]
        hold(
            fit.returncode == 1 and ("disk is full" in last or "are free on its disk" in last),
            fit.stderr[-2000:],
        )
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        hold(
            subprocess.run([*FIT, "--out", str(disk)], cwd=ROOT, **QUIET).returncode == 0,
            "fit did not go on",
        )
    return "disk full", f"a table: one sentence, then whole; training: {last!r}, then done"


class mounted:  # noqa: N801
    """A file system of its own size, in memory."""

    def __init__(self, place: Path, size: str) -> None:
        self._place, self._size = place, size

    def __enter__(self) -> None:
        self._place.mkdir(exist_ok=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self._size}", "tmpfs", str(self._place)],
            check=True,
        )

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", str(self._place)], check=True)


def until(done: Callable[[], bool], seconds: float) -> None:
    """Wait until it is so, or the time is up."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.2)


def faults(times: int = 20) -> Iterator[Line]:
    """Each fault in turn -> what was seen."""
    for part in (server_killed, model_gone, clock_jumps, full_disk):
        with tempfile.TemporaryDirectory() as folder:
            yield part(Path(folder))
    for killing in (folder_job_killed, video_job_killed, training_killed):
        with tempfile.TemporaryDirectory() as folder:
            yield killing(Path(folder), times)


def main() -> None:
    """The command line: how often to kill; twenty times if it does not say."""
    for name, figure in faults(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        print(f"{name:<28} {figure}", flush=True)


if __name__ == "__main__":
    main()
