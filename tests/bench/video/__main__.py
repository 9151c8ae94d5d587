"""What videos cost, and what tracks gain: `python -m tests.bench.video [PART ...]`, in words."""

import argparse
import sys
from collections.abc import Callable, Iterator

from face_gender.reader import PhotoReader, open_reader
from tests.bench.video.crossing import tracking
from tests.bench.video.pooling import pooling
from tests.bench.video.shots import shots
from tests.bench.video.speed import memory, plain, speed

PARTS: dict[str, Callable[[PhotoReader], Iterator[str]]] = {
    "pooling": pooling,
    "tracking": tracking,
    "shots": shots,
    "speed": speed,
    "memory": memory,
    "plain": plain,
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser("bench.video")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    asked = parser.parse_args()
    reader = open_reader()
    for part in asked.parts or PARTS:
        for line in PARTS[part](reader):
            print(f"{part}: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
