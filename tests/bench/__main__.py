"""Measures speed and size -> docs/benchmarks.md: `python -m tests.bench [PART ...]`."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from face_gender.reader import open_reader
from face_gender.scores import load_scorer
from face_gender.settings import FaceSettings
from tests.bench import processes, sizes
from tests.bench.first_look import first_looks
from tests.bench.floor import Floor
from tests.bench.peers import peer_rows
from tests.bench.photos import timed_photos
from tests.bench.recall import recall
from tests.bench.report import Row, write_report
from tests.bench.shares import in_words, shares
from tests.bench.stacks import Apart, PlainStack, served_reader, torch_reader
from tests.bench.timing import ratio, say, take_turns
from tests.conftest import ROOT
from tests.torture.report import slope

THREADS = FaceSettings().threads
AIMS = {1: ("12x", 9), 6: ("30x", 22), 30: ("30x", 22), 12: ("60x", 48)}
ROUNDS, SLOW_ROUNDS = 10, 4  # the plain stack takes seconds for a photo of many faces or pixels


def photo_rows(scale: float) -> Iterator[Row]:
    """Photos of each kind against the plain stack, our torch path and the floor."""
    stacks = {
        "plain": Apart(PlainStack),
        "torch": Apart(torch_reader),
        "ours": Apart(served_reader),
    }
    floor, reader = Floor(load_scorer().size, THREADS), open_reader()
    rates = ", ".join(f"{precision} {rate / 1e9:.0f}" for precision, rate in floor.rates.items())
    yield Row("matrix rate, thousand million multiply-adds a second", rates)
    for name, content in timed_photos().items():
        slow = "one face" not in name or "12 mega" in name
        works = {stack: partial(apart.seconds, content) for stack, apart in stacks.items()}
        times = take_turns(works, max(2, round(scale * (SLOW_ROUNDS if slow else ROUNDS))))
        least = floor.seconds(content, reader.read(content))
        yield from compare(name, times, least)


def compare(name: str, times: dict[str, np.ndarray], least: float) -> Iterator[Row]:
    """Seconds of each stack on one photo, first and second in a turn, and the floor -> its rows."""
    aim, least_ratio = AIMS[12 if "12 mega" in name else int(name.split()[0].replace("one", "1"))]
    first, times = ({stack: taken[:, at] for stack, taken in times.items()} for at in (0, 1))
    taken = "; ".join(
        f"{stack} {1000 * np.median(seconds):.0f} ms" for stack, seconds in times.items()
    )
    yield Row(
        name, f"{say(ratio(times['plain'], times['ours']))} ({taken})", aim, at_least=least_ratio
    )
    cold = f"{1000 * np.median(first['plain']):.0f} and {1000 * np.median(first['ours']):.0f} ms"
    yield Row(
        f"{name}: the first after a pause", f"{say(ratio(first['plain'], first['ours']))} ({cold})"
    )
    yield Row(
        f"{name}: the first after a pause, against the second",
        say(ratio(first["ours"], times["ours"])),
        "1.2x",
        at_most=1.5,
    )
    yield Row(f"{name}: against torch", say(ratio(times["torch"], times["ours"])))
    above = say(ratio(times["ours"], np.full(len(times["ours"]), least)))
    yield Row(
        f"{name}: against the floor", f"{above} of {1000 * least:.1f} ms", "1.5x", at_most=2.5
    )


def share_rows(scale: float) -> Iterator[Row]:
    """What one core does while ours reads a photo."""
    for name, content in timed_photos().items():
        measured = in_words(shares(content, max(2, round(12 * scale))))
        yield Row(f"{name}: time of one core", measured, threads=1)


def command_rows(scale: float) -> Iterator[Row]:
    """The command line, on all cores against one."""
    photos = round(1000 * scale)
    one, many = processes.command_line(photos, THREADS)
    rate = photos / many.sum()
    yield Row(
        f"{photos} mixed photos, command line",
        f"{say(ratio(one, many))} ({rate:.1f} photos/s)",
        "1.9x",
        at_least=1.7,
    )


def memory_rows(scale: float) -> Iterator[Row]:
    """What the app holds."""
    photos = round(2000 * scale)
    answered, held = processes.memory(photos).T
    yield Row(f"resident memory after {photos} photos", f"{held[-1]:.0f} MB", "280 MB", at_most=330)
    span = answered[-1] - answered[0]
    grown, low, high = (span * change for change in slope(answered, held, block=1))
    yield Row(
        f"growth from photo {answered[0]:.0f} to {photos}",
        f"{grown:+.1f} MB [{low:+.1f}, {high:+.1f}]",
        "0",
        at_most=10,
    )


def start_rows(scale: float) -> Iterator[Row]:
    """A fresh app's first answer."""
    taken = processes.first_answer(ROOT / "space" / "examples" / "astronaut.jpg")
    yield Row(
        "start to first answer",
        f"{np.median(taken):.1f} s [{min(taken):.1f}, {max(taken):.1f}]",
        "2 s",
        at_most=3.5,
    )


def size_rows(scale: float) -> Iterator[Row]:
    """What lies on the disk."""
    yield Row(
        "`space/` installed",
        f"{sizes.installed_mb(ROOT / 'space' / 'requirements.txt'):.0f} MB",
        "460 MB",
        at_most=600,
    )
    yield Row("served ONNX file", f"{sizes.served_mb():.1f} MB", "6 MB", at_most=25)


def recall_rows(scale: float) -> Iterator[Row]:
    """Faces found, against facenet-pytorch's at full size."""
    for kind, found in recall(round(300 * scale), max(1, round(36 * scale))).items():
        measured = f"{100 * found.ours:.2f} % against {100 * found.theirs:.2f} % of {found.faces}"
        interval = f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}]"
        apart = f"{100 * (found.ours - found.theirs):+.2f} points {interval}"
        yield Row(f"faces found: {kind}", f"{apart} ({measured})", "no fewer", at_least=-0.3)


def page_rows(scale: float) -> Iterator[Row]:
    """The page as a visitor meets it; its aims are what it took at d0bd5dc."""
    taken = first_looks(max(3, round(10 * scale)))
    kilobytes, usable, example = np.median(taken["look"], axis=0)
    above = 1000 * (np.median(taken["predict"]) - np.median(taken["reader"]))
    yield Row(
        "page, over the wire with an empty cache", f"{kilobytes:.0f} kB", "432 kB", at_most=444
    )
    yield Row("page usable, with a full cache", f"{usable:.2f} s", "0.32 s")
    yield Row("an example's answer", f"{example:.2f} s", "0.27 s")
    yield Row("/predict above the reader", f"{above:.0f} ms", "60 ms", at_most=60)


PARTS: dict[str, Callable[[float], Iterator[Row]]] = {
    "photos": photo_rows,
    "shares": share_rows,
    "command": command_rows,
    "start": start_rows,
    "sizes": size_rows,
    "memory": memory_rows,
    "recall": recall_rows,
    "page": page_rows,
    "peers": peer_rows,
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        "bench", description="Measure speed and size on a machine that does nothing else."
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if not given"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of photos and rounds; below 1 nothing is written"
    )
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    for part in asked.parts or PARTS:
        rows = []
        for row in PARTS[part](asked.scale):
            print(row.what, row.measured, flush=True)
            rows.append(row)
        if asked.scale >= 1:
            write_report(rows)


if __name__ == "__main__":
    main()
