"""The command line and the app as processes: photos a second, time to answer, memory."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from gradio_client import Client, handle_file

from tests.bench.photos import DISTINCT, write_mixed
from tests.conftest import ROOT, serve
from tests.space.ui.test_memory import resident_mb

ROUNDS = 4
STARTS = 3
READINGS = (
    10  # of the app's memory, evenly over the photos; after the first it should no longer grow
)
VISITORS = 2  # at a time
SETTLE = 6  # seconds in which what was freed goes back


def command_seconds(folder: Path, threads: int) -> float:
    """A folder of photos through the command line, from its start to its end."""
    start = time.perf_counter()
    environ = {
        **os.environ,
        "THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    command = [
        sys.executable,
        "-m",
        "face_gender",
        str(folder),
        "--csv",
        str(folder.with_suffix(".csv")),
    ]
    subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def command_line(photos: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Photos in all -> seconds for each quarter of them, by one thread and by `threads`."""
    taken = []
    with TemporaryDirectory() as scratch:
        write_mixed(Path(scratch) / "all", photos)
        for number in range(ROUNDS):
            part = Path(scratch) / str(number)
            part.mkdir()
            for photo in sorted((Path(scratch) / "all").iterdir())[: photos // ROUNDS]:
                photo.rename(part / photo.name)
            taken.append([command_seconds(part, 1), command_seconds(part, threads)])
    one, many = np.array(taken).T
    return one, many


def first_answer(photo: Path) -> list[float]:
    """Seconds from the app's start as a fresh process to its answer to a first client."""
    taken = []
    for _ in range(STARTS):
        start = time.perf_counter()
        with serve([sys.executable, "app.py"], ROOT) as address:
            Client(address, verbose=False, ssl_verify=False).predict(
                handle_file(photo), api_name="/predict"
            )
            taken.append(time.perf_counter() - start)
    return taken


def ask_in_turn(client: Client, photos: list[Path]) -> None:
    """One visitor's photos, each once the one before is answered."""
    for photo in photos:
        client.predict(handle_file(photo), api_name="/predict")


def memory(photos: int) -> np.ndarray:
    """Mixed photos, two at a time through the app -> (READINGS, 2): photos answered, MB held."""
    with TemporaryDirectory() as scratch:
        mixed = Path(scratch) / "photos"
        write_mixed(mixed, DISTINCT)
        files = sorted(mixed.iterdir())
        start = ["sh", "-c", f"echo $$ > {scratch}/pid; exec {sys.executable} app.py"]
        with serve(start, ROOT, GRADIO_TEMP_DIR=scratch) as address:
            clients = [Client(address, verbose=False, ssl_verify=False) for _ in range(VISITORS)]
            held = []
            pid = (Path(scratch) / "pid").read_text().strip()
            for chunk in np.array_split(np.arange(photos), READINGS):
                shares = [
                    [files[number % len(files)] for number in share]
                    for share in np.array_split(chunk, VISITORS)
                ]
                with ThreadPoolExecutor(VISITORS) as visitors:
                    list(visitors.map(ask_in_turn, clients, shares))
                time.sleep(SETTLE)
                held.append((chunk[-1] + 1, resident_mb(pid)))
    return np.array(held)
