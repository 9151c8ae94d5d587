"""Photo -> result, by opening, finding, cropping and scoring in order."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .crops import crop_face, enough_side
from .faces import Face, FaceFinder
from .model_folder import UNCERTAIN, asked_model
from .occlusion import find_drops
from .photo import Photo, PhotoError, PhotoSource, open_photo
from .scores import Scorer, load_scorer
from .settings import FaceSettings, PhotoSettings, from_environment

AHEAD = 2  # photos a thread may have read before the first of them is taken


@dataclass(frozen=True, eq=False)
class ScoredFace:
    """A face with its crop (side, side, 3) uint8, its score in 0..1 per class, and the decision they give."""

    face: Face
    crop: np.ndarray
    scores: dict[str, float]
    label: str

    def __post_init__(self) -> None:
        """Raises ValueError where the scores are no probabilities, or the label is none of theirs."""
        if not abs(sum(self.scores.values()) - 1) <= 1e-3:  # so that NaN is refused too
            raise ValueError(f"Scores should sum to 1, got {self.scores}.")
        if self.label not in (*self.scores, UNCERTAIN):
            raise ValueError(f"A label should be one of {(*self.scores, UNCERTAIN)}, got {self.label!r}.")


@dataclass(frozen=True, eq=False)
class Result:
    """What a photo holds: its scored faces, largest first, and who says so.

    threshold: least score that is a decision; below it the label is "uncertain"
    labels: every class the model knows, in its order
    """

    photo: Photo
    faces: tuple[ScoredFace, ...]
    threshold: float
    model: str
    revision: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises ValueError where the threshold is no probability or a box leaves the photo."""
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"The threshold should be in 0..1, got {self.threshold}.")
        for scored in self.faces:
            left, top, right, bottom = scored.face.box
            if not (0 <= left < right <= self.photo.width and 0 <= top < bottom <= self.photo.height):
                raise ValueError(f"A box should lie in {self.photo.width} x {self.photo.height}, got {scored.face.box}.")

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON; boxes in px of the upright original."""
        faces = [
            {
                "face": number,
                "box": [round(edge, 1) for edge in scored.face.box],
                "confidence": round(scored.face.confidence, 4),
                "label": scored.label,
                "scores": {name: round(score, 4) for name, score in scored.scores.items()},
            }
            for number, scored in enumerate(self.faces, start=1)
        ]
        return {
            "width": self.photo.width,
            "height": self.photo.height,
            "faces": faces,
            "threshold": self.threshold,
            "model": self.model,
            "revision": self.revision,
        }


class PhotoReader:
    """Detector and model, loaded once; safe to share between threads."""

    def __init__(
        self, finder: FaceFinder, scorer: Scorer, threshold: float | None = None, settings: PhotoSettings = PhotoSettings()
    ) -> None:
        """threshold: in place of the model's own."""
        self.finder, self.scorer, self.settings = finder, scorer, settings
        self.folder = scorer.model.folder
        self.model, self.revision, self.labels = scorer.model.name, scorer.model.revision, scorer.model.labels
        self.origin = scorer.model.origin
        self.threshold = scorer.model.threshold if threshold is None else threshold

    def read(self, source: PhotoSource) -> Result:
        """A file's path, its bytes, a picture or an array -> result. Raises PhotoError."""
        model, size = self.scorer.model, self.scorer.size
        photo, faces = open_and_find(source, self.finder, size, model.margin, self.settings)
        crops = [crop_face(photo, face, size, model.margin) for face in faces]
        scores = self.scorer.score_crops(crops)
        scored = tuple(self._decide(*parts) for parts in zip(faces, crops, scores, strict=True))
        return Result(photo, scored, self.threshold, model.name, model.revision, model.labels)

    def read_many(self, sources: Iterable[PhotoSource]) -> Iterator[Result | PhotoError]:
        """Sources -> a result each, in order; a photo that cannot be read gives its error and stops nothing.

        Each of the finder's threads reads a photo of its own, at most AHEAD of which are read before they are asked for.
        """
        waiting: deque[Future[Result | PhotoError]] = deque()
        with ThreadPoolExecutor(self.finder.threads) as threads:
            for source in sources:
                waiting.append(threads.submit(self.read_or_error, source))
                if len(waiting) > AHEAD * self.finder.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def read_or_error(self, source: PhotoSource) -> Result | PhotoError:
        """A source -> its result, or the error of a photo that cannot be read."""
        try:
            return self.read(source)
        except PhotoError as error:
            return error

    def explain(self, scored: ScoredFace) -> np.ndarray:
        """A face of a result -> what its best score hung on, (rows, columns) drops of that score; see explain.py."""
        best = self.labels.index(best_of(scored.scores))
        return find_drops(scored.crop, best, self.scorer.score_crops)

    def _decide(self, face: Face, crop: np.ndarray, scores: np.ndarray) -> ScoredFace:
        named = dict(zip(self.labels, scores.tolist(), strict=True))
        return ScoredFace(face, crop, named, decide(named, self.threshold))


def open_and_find(
    source: PhotoSource, finder: FaceFinder, size: int, margin: float, settings: PhotoSettings = PhotoSettings()
) -> tuple[Photo, list[Face]]:
    """A source -> the photo, decoded no larger than crops of `size` px with `margin` want, and its faces, as find_faces.

    Raises PhotoError.
    """
    photo = open_photo(source, settings, side=finder.side)
    faces = finder.find_faces(photo)
    enough = enough_side(photo, faces, size, margin)
    if enough > max(photo.pixels.shape[:2]):
        photo = open_photo(source, settings, side=enough)
    return photo, faces


def best_of(scores: Mapping[str, float]) -> str:
    """Scores by class -> the class of the largest."""
    return max(scores, key=lambda name: scores[name])


def decide(scores: Mapping[str, float], threshold: float) -> str:
    """Scores by class -> the class of the largest, or "uncertain" where even that is below the threshold."""
    best = best_of(scores)
    return best if scores[best] >= threshold else UNCERTAIN


def open_reader(model: str | None = None, revision: str | None = None, threshold: float | None = None) -> PhotoReader:
    """A model's folder or Hub name -> a reader; what is not given comes from the environment.

    A model that is given answers or fails; one that the environment names may be replaced by its last good copy or the
    bundled model, for a page should stay up: the reader's `origin` says which one answers.
    Raises ValueError where the model cannot be opened or a setting makes no sense.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"The threshold should be in 0..1, got {threshold}.")
    scorer = load_scorer(asked_model(model, revision), fall_back=not model)
    return PhotoReader(FaceFinder(from_environment(FaceSettings)), scorer, threshold, from_environment(PhotoSettings))
