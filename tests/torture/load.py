"""Two hundred visitors at once, each given its own answer: `python -m tests.torture.load`."""

import io
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from tests.conftest import ROOT
from tests.torture.app import App, Visitor, running
from tests.torture.report import Line, hold, percentiles

PHOTOS = 200  # each of a size of its own, by which its answer is known
PAUSE = 1.0  # seconds after a refusal


@dataclass
class Seen:
    """What all visitors have met with so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    swapped: list[str] = field(default_factory=list)


def photos() -> list[bytes]:
    """Small photos of one face, each of another width and height."""
    face = (
        Image.open(ROOT / "space" / "examples" / "astronaut.jpg")
        .convert("RGB")
        .crop((120, 0, 330, 210))
    )
    made = []
    for number in range(PHOTOS):
        packed = io.BytesIO()
        face.resize((100 + number, 300 - number)).save(packed, "JPEG", quality=85)
        made.append(packed.getvalue())
    return made


def visit(address: str, number: int, made: list[bytes], end: float, seen: Seen) -> None:
    """One visitor, sending the photos of the own turn until the time is up."""
    with Visitor(address, 300) as visitor:
        mine = number
        while time.monotonic() < end:
            begun = time.monotonic()
            try:
                kind, said = visitor.predict("photo.jpg", made[mine])
            except httpx.HTTPError as error:
                kind, said = f"lost: {type(error).__name__}", None
            seen.outcomes[kind] += 1
            if kind == "complete":
                seen.seconds.append(time.monotonic() - begun)
                if (said["width"], said["height"]) != (100 + mine, 300 - mine):
                    seen.swapped.append(
                        f"{mine} was answered as {said['width']} x {said['height']}"
                    )
            else:
                time.sleep(PAUSE)
            mine = (mine + 7) % PHOTOS


def watch(app: App, seen: Seen, end: float) -> list[float]:
    """Until the time is up -> resident MB, second by second."""
    memory = [app.resident_mb()]
    while time.monotonic() < end:
        time.sleep(1)
        memory.append(app.resident_mb())
        if len(memory) % 30 == 0:
            print(
                f"  {len(memory)} s: {dict(seen.outcomes)}, {memory[-1]:.0f} MB",
                file=sys.stderr,
                flush=True,
            )
    return memory


def load(visitors: int, seconds: float, uploads: Path) -> Iterator[Line]:
    """So many visitors for so long -> lines of what was seen."""
    made, seen = photos(), Seen()
    with running(uploads) as app:
        alone = _alone(app, made[0])
        began = time.monotonic()
        end = began + seconds
        with ThreadPoolExecutor(visitors) as pool:
            work = [
                pool.submit(visit, app.address, number, made, end, seen)
                for number in range(visitors)
            ]
            memory = watch(app, seen, end)
        took = time.monotonic() - began
        failed = [error for each in work if (error := each.exception())]
        after = _alone(app, made[0])
    lost = sum(
        count for kind, count in seen.outcomes.items() if kind not in ("complete", "refused")
    )
    hold(not (seen.swapped or lost or failed), (seen.swapped, seen.outcomes, failed))
    hold(after[1] == alone[1], after[1])
    answered = seen.outcomes["complete"]
    yield (
        "load: visitors",
        f"{visitors} for {took:.0f} s: {sum(seen.outcomes.values())} requests, "
        f"{answered / took:.1f} answers a second",
    )
    yield (
        "load: outcomes",
        f"{answered} answered, {seen.outcomes['refused']} refused politely, {lost} lost",
    )
    yield "load: another's answer", f"{len(seen.swapped)} {' '.join(seen.swapped[:3])}".strip()
    yield "load: latency", percentiles(seen.seconds)
    yield (
        "load: memory",
        f"{memory[0]:.0f} MB before, {np.max(memory):.0f} most, {memory[-1]:.0f} in the end",
    )
    yield (
        "load: page afterwards",
        f"answers in {after[0]:.2f} s ({alone[0]:.2f} s before), the same: {after[1] == alone[1]}",
    )
    yield "load: visitors that failed", f"{len(failed)} {failed[:1] or ''}".strip()


def _alone(app: App, photo: bytes) -> tuple[float, Any]:
    with Visitor(app.address) as visitor:
        begun = time.monotonic()
        answer = visitor.predict("photo.jpg", photo)
        return time.monotonic() - begun, answer


def main() -> None:
    """The command line: how many visitors, for how many seconds."""
    visitors, seconds = (int(word) for word in (sys.argv[1:] or ("200", "300")))
    threading.stack_size(512 * 1024)
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in load(visitors, seconds, Path(folder)):
            print(f"{name:<28} {figure}", flush=True)


if __name__ == "__main__":
    main()
