"""SIGKILL at random moments, again and again: the job ends as if it had been left alone."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import ROOT
from tests.support.clips import write_clip
from tests.support.pictures import write_crops
from tests.torture.report import Line, hold

PHOTOS = 120
VIDEO_FRAMES = 600  # at 4 a second
EXAMPLES = ROOT / "space" / "examples"
TINY = (
    "--crop_size 48 --patch_size 12 --hidden_size 32 --layers 2 --heads 2 --mlp_size 64 "
    "--batch_size 4 --no_bf16 --epochs 3 --save_steps 4"
)
FIT = [sys.executable, "-W", "ignore", "-m", "train.fit", *TINY.split()]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def folder_job_killed(folder: Path, times: int, seed: int = 0) -> Line:
    """A job on a folder, killed at random moments and restarted: the same table as without."""
    photos = folder / "photos"
    photos.mkdir()
    for number in range(PHOTOS):
        (photos / f"{number:03}.jpg").symlink_to(
            EXAMPLES / ("cat.jpg" if number % 3 else "astronaut.jpg")
        )
    tables = [folder / name for name in ("whole.csv", "killed.csv")]
    whole, job = (
        [sys.executable, "-m", "face_gender", str(photos), "--csv", str(table)] for table in tables
    )

    def check() -> None:
        one, other = (table.read_text() for table in tables)
        hold(one == other and len(one.splitlines()) == PHOTOS + 1, "another table")

    ended = kill_often(whole, job, times, random.Random(seed), check, tables[1].unlink)
    return (
        "folder job, kill -9",
        f"killed {times} times, came to its end {ended} times: {PHOTOS} rows, the same file",
    )


def video_job_killed(folder: Path, times: int, seed: int = 0) -> Line:
    """SIGKILL at random moments of one video's job, each time started again: the same tables."""
    photo = Image.open(EXAMPLES / "astronaut.jpg").convert("RGB").resize((256, 256))
    face = np.asarray(photo)
    pictures = [face if at // 60 % 2 else face[::-1] // 2 for at in range(VIDEO_FRAMES)]
    clip = write_clip(folder / "a.mp4", pictures, rate=4, options={"g": "20"})
    tables = [folder / name for name in ("whole.csv", "killed.csv")]
    whole, job = (
        [sys.executable, "-m", "face_gender", str(clip), "--csv", str(table)] for table in tables
    )

    def check() -> None:
        for suffix in (".csv", ".tracks.csv"):
            one, other = (table.with_suffix(suffix).read_text() for table in tables)
            hold(one == other, "another table")

    ended = kill_often(whole, job, times, random.Random(seed), check, tables[1].unlink)
    said = f"killed {times} times, came to its end {ended} times: {VIDEO_FRAMES} frames, the same"
    return "video job, kill -9", said


def training_killed(folder: Path, times: int, seed: int = 0) -> Line:
    """Training, killed at random moments and restarted: the same model as without, to the bit."""
    write_crops(folder / "crops")
    outs = [folder / name for name in ("whole", "killed")]
    for out in outs:
        out.mkdir()
        (out / "crops").symlink_to(folder / "crops")

    def check() -> None:
        one, other = (
            [(out / "model" / file).read_bytes() for file in ("model.safetensors", "config.json")]
            for out in outs
        )
        hold(one == other, "another model")

    def again() -> None:
        for name in ("checkpoints", "model"):
            shutil.rmtree(outs[1] / name)

    whole, job = ([*FIT, "--out", str(out)] for out in outs)
    ended = kill_often(whole, job, times, random.Random(seed), check, again)
    return (
        "training, kill -9",
        f"killed {times} times, came to its end {ended} times: the same weights to the bit",
    )


def kill_often(
    whole: list[str],
    job: list[str],
    times: int,
    chance: random.Random,
    check: Callable[[], None],
    again: Callable[[], None],
) -> int:
    """A job, killed so many times at random moments -> how often it came to its end.

    The moments are shares of the CPU time that `whole` takes. Each time the job ends, `check`
    looks at what it made, `again` removes that, and the job starts anew.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(whole, cwd=ROOT, check=True, **QUIET)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    killed = ended = 0
    while killed < times or not ended:
        moment = chance.uniform(0.1, 1) * taken if killed < times else float("inf")
        if run_until(job, moment):
            check()
            again()
            ended += 1
        else:
            killed += 1
            print(f"  killed {killed} times, ended {ended}", file=sys.stderr, flush=True)
    return ended


def run_until(job: list[str], moment: float) -> bool:
    """Start a job, kill it after so many seconds of CPU time -> whether it ended before."""
    run = subprocess.Popen(job, cwd=ROOT, **QUIET)
    while run.poll() is None:
        if processor_seconds(run.pid) >= moment:
            run.send_signal(signal.SIGKILL)
            return run.wait() == 0
        time.sleep(0.01)
    hold(run.returncode == 0, run.returncode)
    return True


def processor_seconds(process: int) -> float:
    """What a process took so far; 0 once it is gone."""
    try:
        found = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK")
