"""Twenty thousand photos through one app: `python -m tests.torture.soak`; memory and files."""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import ROOT
from tests.torture.app import App, Visitor, running
from tests.torture.corpus import flip
from tests.torture.lies import File, encode, suffix
from tests.torture.report import Line, hold, slope

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
BATCH = 20  # photos a request
KEPT_SECONDS = 60
SETTLED = 0.1  # share of the photos after which memory should not grow


def photos(seed: int = 0) -> Iterator[File]:
    """Without end: faces, walls and broken files of many sizes and formats, no two the same."""
    chance = random.Random(seed)
    face = (
        Image.open(ROOT / "space" / "examples" / "astronaut.jpg")
        .convert("RGB")
        .crop((130, 20, 330, 220))
    )
    cat = Image.open(ROOT / "space" / "examples" / "cat.jpg").convert("RGB")
    stock = []
    for number in range(160):
        kind = KINDS[number % len(KINDS)]
        picture = chance.choice((face, face, cat)).resize(
            (chance.randrange(48, 260), chance.randrange(48, 260))
        )
        content = encode(picture, kind)
        stock.append(
            (f"{number}.{suffix(kind)}", flip(content, 20, chance) if number % 10 == 9 else content)
        )
    while True:
        name, content = chance.choice(stock)
        yield name, content + chance.randbytes(16)  # behind the picture's end, where nobody looks


def soak(total: int, uploads: Path) -> Iterator[Line]:
    """Photos to send -> lines of what was seen."""
    seen: list[tuple[float, float, float, float]] = []
    statuses: dict[str, int] = {}
    source = photos()
    began = time.monotonic()
    with running(uploads, KEPT_SECONDS=KEPT_SECONDS) as app, Visitor(app.address, 3600) as visitor:
        for done in range(BATCH, total + 1, BATCH):
            kind, answers = visitor.predict_batch([next(source) for _ in range(BATCH)])
            if kind != "complete" or len(answers) != BATCH:
                raise RuntimeError(f"batch {done // BATCH}: {kind}, {answers}")
            for answer in answers:
                status = answer["status"].partition(":")[0]
                statuses[status] = statuses.get(status, 0) + 1
            seen.append((done, app.resident_mb(), app.open_files(), app.kept_files()))
            if done % 1000 == 0:
                print(
                    f"  {done} photos, {time.monotonic() - began:.0f} s, {seen[-1][1]:.0f} MB",
                    file=sys.stderr,
                    flush=True,
                )
        yield "soak: photos", f"{total} in {time.monotonic() - began:.0f} s: {statuses}"
        yield from _judge(np.array(seen), app)


def _judge(seen: np.ndarray, app: App) -> Iterator[Line]:
    late = seen[int(len(seen) * SETTLED) :]
    yield (
        "soak: memory",
        f"{late[0, 1]:.0f} MB after {late[0, 0]:.0f} photos, {late[-1, 1]:.0f} MB in the end, "
        f"{seen[:, 1].max():.0f} most",
    )
    for name, part in (("all", late), ("second half", late[len(late) // 2 :])):
        grown, low, high = slope(part[:, 0] / 1000, part[:, 1])
        yield f"soak: growth, {name}", f"{grown:+.3f} MB per 1,000 photos [{low:+.3f}, {high:+.3f}]"
    yield "soak: open files", f"{late[:, 2].min():.0f} to {late[:, 2].max():.0f}"
    time.sleep(2.5 * KEPT_SECONDS)
    hold(app.kept_files() == 0, f"{app.kept_files()} uploads are left")
    yield (
        "soak: temporary folder",
        f"{seen[:, 3].max():.0f} files most, {app.kept_files()} once they were due",
    )


def main() -> None:
    """The command line: how many photos."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in soak(total, Path(folder)):
            print(f"{name:<28} {figure}", flush=True)


if __name__ == "__main__":
    main()
