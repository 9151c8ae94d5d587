"""A photo -> where the time goes that one core needs to read it, step by step."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from face_gender import faces, reader
from face_gender.faces import FaceFinder
from face_gender.mtcnn import cascade
from face_gender.mtcnn.area import AreaSampler
from face_gender.scores import OnnxScorer, load_scorer
from face_gender.settings import FaceSettings, ModelSettings

STEPS = (
    (reader, "open_once", "decoding"),
    (reader, "open_photo", "decoding"),
    (faces, "shrink", "shrinking"),
    (AreaSampler, "__init__", "integral image"),
    (AreaSampler, "strip", "pyramid"),
    (AreaSampler, "windows", "cutting windows"),
    (cascade, "keep_best", "suppression"),
    (reader, "crop_face", "cropping"),
    (OnnxScorer, "score_crops", "scoring"),
)
REST = "Python between"


class Clock:
    """Adds up one thread's processor time by step; what a step calls counts as that step."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.spent: Counter[str] = Counter()
        self._busy = False

    def watch(self, work: Callable[..., Any], step: str) -> Callable[..., Any]:
        """A function of a step -> the same, timed."""

        def timed(*given: Any, **named: Any) -> Any:
            if self._busy:
                return work(*given, **named)
            self._busy, start = True, time.thread_time()
            try:
                return work(*given, **named)
            finally:
                self.spent[step] += time.thread_time() - start
                self._busy = False

        return timed


def shares(content: bytes, repeats: int) -> Counter[str]:
    """A photo's bytes -> seconds of one core by step, of the quickest of `repeats` readings."""
    clock = Clock()
    finder, scorer = FaceFinder(FaceSettings(threads=1)), load_scorer(ModelSettings(threads=1))
    alone, detector, taken = reader.PhotoReader(finder, scorer), finder._cascade, []
    networks = {"P-Net": detector._pnet, "R-Net": detector._rnet, "O-Net": detector._onet}
    with ExitStack() as patches:
        for owner, name, step in (*STEPS, *((net, "run", step) for step, net in networks.items())):
            timed = clock.watch(getattr(owner, name), step)
            patches.enter_context(patch.object(owner, name, timed))
        for _ in range(repeats):
            clock.spent.clear()
            start = time.thread_time()
            alone.read(content)
            clock.spent[REST] = time.thread_time() - start - clock.spent.total()
            taken.append(clock.spent.copy())
    return min(taken, key=Counter.total)


def in_words(spent: Counter[str]) -> str:
    """Seconds by step -> `173 ms: scoring 33 %, P-Net 24 %, ...`, the largest first."""
    total = spent.total()
    parts = (f"{step} {100 * seconds / total:.0f} %" for step, seconds in spent.most_common())
    return f"{1000 * total:.0f} ms: {', '.join(parts)}"
