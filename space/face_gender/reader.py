"""Photo -> result, by opening, finding, cropping and scoring in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from .crops import crop_face, enough_side
from .decision import best_of, decide
from .faces import Face, FaceFinder
from .model_folder import asked_model
from .occlusion import find_drops
from .photo import Photo, PhotoError, PhotoSource, enough_memory, open_once, open_photo
from .result import Result, ScoredFace
from .scores import Scorer, load_scorer
from .settings import FaceSettings, PhotoSettings, from_environment

AHEAD = 2  # photos a thread may have read before the first of them is taken


class PhotoReader:
    """Detector and model, loaded once; safe to share between threads."""

    def __init__(
        self,
        finder: FaceFinder,
        scorer: Scorer,
        threshold: float | None = None,
        settings: PhotoSettings = PhotoSettings(),
    ) -> None:
        """threshold: in place of the model's own."""
        self.finder, self.scorer, self.settings = finder, scorer, settings
        self.folder = scorer.model.folder
        self.model, self.revision, self.labels = (
            scorer.model.name,
            scorer.model.revision,
            scorer.model.labels,
        )
        self.origin = scorer.model.origin
        self.threshold = scorer.model.threshold if threshold is None else threshold

    @enough_memory()
    def read(self, source: PhotoSource) -> Result:
        """A file's path, its bytes, a picture or an array -> result. Raises PhotoError."""
        model, size = self.scorer.model, self.scorer.size
        photo, faces = open_and_find(source, self.finder, size, model.margin, self.settings)
        crops = [crop_face(photo, face, size, model.margin) for face in faces]
        scores = self.scorer.score_crops(crops)
        scored = tuple(self._decide(*parts) for parts in zip(faces, crops, scores, strict=True))
        return Result(photo, scored, self.threshold, model.name, model.revision, model.labels)

    def read_many(
        self, sources: Iterable[PhotoSource | PhotoError]
    ) -> Iterator[Result | PhotoError]:
        """Sources -> a result each, in order; an unreadable photo gives its error, stops nothing.

        Each of the finder's threads reads a photo of its own, at most AHEAD in advance.
        """
        waiting: deque[Future[Result | PhotoError]] = deque()
        with ThreadPoolExecutor(self.finder.threads) as threads:
            for source in sources:
                waiting.append(threads.submit(self.read_or_error, source))
                if len(waiting) > AHEAD * self.finder.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def read_or_error(self, source: PhotoSource | PhotoError) -> Result | PhotoError:
        """A source -> its result, or the error of a photo that cannot be read, or was not got."""
        if isinstance(source, PhotoError):
            return source
        try:
            return self.read(source)
        except PhotoError as error:
            return error

    def explain(self, scored: ScoredFace) -> np.ndarray:
        """A face of a result -> how far hiding each part lowers its best score, (rows, columns)."""
        best = self.labels.index(best_of(scored.scores))
        return find_drops(scored.crop, best, self.scorer.score_crops)

    def _decide(self, face: Face, crop: np.ndarray, scores: np.ndarray) -> ScoredFace:
        named = dict(zip(self.labels, scores.tolist(), strict=True))
        return ScoredFace(face, crop, named, decide(named, self.threshold))


def open_and_find(
    source: PhotoSource,
    finder: FaceFinder,
    size: int,
    margin: float,
    settings: PhotoSettings | None = None,
) -> tuple[Photo, list[Face]]:
    """A source -> the photo, decoded no larger than its crops of `size` px need, and its faces.

    Raises PhotoError.
    """
    source = open_once(source, settings)
    photo = open_photo(source, settings, side=finder.side)
    faces = finder.find_faces(photo)
    enough = enough_side(photo, faces, size, margin)
    if enough > max(photo.pixels.shape[:2]):
        photo = open_photo(source, settings, side=enough)
    return photo, faces


def open_reader(
    model: str | None = None, revision: str | None = None, threshold: float | None = None
) -> PhotoReader:
    """A model's folder or Hub name -> a reader; what is not given comes from the environment.

    A given model answers or fails. For one that the environment names, its last good copy or the
    bundled model may stand in, so that a page stays up; the reader's `origin` says which answers.
    Raises ValueError where the model cannot be opened or a setting makes no sense.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"The threshold should be in 0..1, got {threshold}.")
    scorer = load_scorer(asked_model(model, revision), fall_back=not model)
    return PhotoReader(
        FaceFinder(from_environment(FaceSettings)),
        scorer,
        threshold,
        from_environment(PhotoSettings),
    )
