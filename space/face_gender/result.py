"""Result -> the same result at another threshold or a smaller size, without reading the photo again; its labels counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .metrics import wilson
from .model_folder import UNCERTAIN
from .photo import Photo
from .reader import Result, ScoredFace, best_of, decide


@dataclass(frozen=True)
class Count:
    """How many faces bear a label: their share of all in 0..1, and its 95 % interval."""

    label: str
    n: int
    share: float
    interval: tuple[float, float]


def relabel(result: Result, threshold: float) -> Result:
    """A result -> what it would be at another threshold, 0..1."""
    faces = tuple(replace(scored, label=decide(scored.scores, threshold)) for scored in result.faces)
    return replace(result, faces=faces, threshold=threshold)


def shrink_photo(result: Result, side: int) -> Result:
    """A result -> the same with its photo's pixels at most `side` px long; boxes refer to the original as before."""
    picture = Image.fromarray(result.photo.pixels)
    picture.thumbnail((side, side))
    return replace(result, photo=Photo(np.asarray(picture), result.photo.width, result.photo.height))


def reason_of(scored: ScoredFace, threshold: float) -> str:
    """A face -> why it bears its label, such as "0.71, below 0.88: uncertain"."""
    best = best_of(scored.scores)
    score = scored.scores[best]
    if scored.label == UNCERTAIN:
        return f"{best} {score:.2f}, below {threshold:.2f}: uncertain"
    return f"{best} {score:.2f}, not below {threshold:.2f}: {scored.label}"


def count_labels(found: Iterable[str], labels: Sequence[str]) -> list[Count]:
    """The labels of many faces -> a count for each class, then for "uncertain"; intervals are Wilson's."""
    counted = Counter(found)
    n = counted.total()
    counts = ((label, counted[label]) for label in (*labels, UNCERTAIN))
    return [Count(label, count, count / max(1, n), wilson(count, n)) for label, count in counts]
