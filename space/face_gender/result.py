"""Scored faces -> what a photo holds, each with its decision; also at another threshold."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from .columns import FACE_COLUMNS
from .decision import best_of, decide
from .drawing import Mark, colour_of, data_uri, draw_marks
from .faces import Face, turn_back
from .metrics import wilson
from .model_folder import UNCERTAIN
from .photo import Photo, PhotoError

DRAWN_SIDE, NOTEBOOK_SIDE = 1280, 640  # px of the longer side of pictures


@dataclass(frozen=True, eq=False)
class ScoredFace:
    """A face with its crop (side, side, 3) uint8, a score in 0..1 per class, and the decision."""

    face: Face
    crop: np.ndarray = field(repr=False)
    scores: dict[str, float]
    label: str

    def __post_init__(self) -> None:
        """Raises ValueError where the scores are no probabilities, or the label is none of them."""
        if not abs(sum(self.scores.values()) - 1) <= 1e-3:  # so that NaN is refused too
            raise ValueError(f"Scores should sum to 1, got {self.scores}.")
        if self.label not in (*self.scores, UNCERTAIN):
            raise ValueError(
                f"A label should be one of {(*self.scores, UNCERTAIN)}, got {self.label!r}."
            )


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a photo holds: its scored faces, largest first, and who says so; iterate over the faces.

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
            left, top, right, bottom = box = scored.face.box
            width, height = self.photo.width, self.photo.height
            if not (0 <= left < right <= width and 0 <= top < bottom <= height):
                raise ValueError(f"A box should lie in {width} x {height}, got {box}.")

    def __len__(self) -> int:
        return len(self.faces)

    def __iter__(self) -> Iterator[ScoredFace]:
        return iter(self.faces)

    def __repr__(self) -> str:
        counted = Counter(scored.label for scored in self.faces)
        said = ", ".join(f"{n} {label}" for label, n in counted.most_common()) or "no faces"
        return (
            f"<Result: {said} in {self.photo.width} x {self.photo.height} px, "
            f"threshold {self.threshold:.2f}, model {self.model} {self.revision}>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the photo with its faces numbered, and a table of them."""
        head = "".join(f"<th>{escape(name)}</th>" for name in ("face", "label", *self.labels))
        rows = "".join(
            f"<tr><td>{number}</td><td>{escape(scored.label)}</td>"
            + "".join(f"<td>{scored.scores[name]:.2f}</td>" for name in self.labels)
            for number, scored in enumerate(self.faces, start=1)
        )
        picture = data_uri(self.draw(NOTEBOOK_SIDE, numbers=True))
        return (
            f'<p>{escape(repr(self))}</p><img alt="" src="{picture}">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def draw(
        self, side: int = DRAWN_SIDE, numbers: bool = False, blur: bool = False
    ) -> Image.Image:
        """The photo, at most `side` px long, with a box around each face and a tag beside it.

        A tag says the label, or the face's number. Where it would cover another face, it is left
        out; the box has the label's colour all the same.
        """
        picture = Image.fromarray(self.photo.pixels)
        picture.thumbnail((side, side))
        across, down = picture.width / self.photo.width, picture.height / self.photo.height
        marks = []
        for number, scored in enumerate(self.faces, start=1):
            left, top, right, bottom = scored.face.box
            box = (left * across, top * down, right * across, bottom * down)
            said = str(number) if numbers else scored.label
            marks.append(Mark(box, said, colour_of(scored.label, self.labels)))
        draw_marks(picture, marks, blur)
        return picture

    def face_rows(self) -> list[dict[str, Any]]:
        """A row a face, for tables: number, box, confidence, label, and a score per class."""
        edges = ("left", "top", "right", "bottom")
        return [
            {
                "face": face["face"],
                **dict(zip(edges, face["box"], strict=True)),
                "confidence": face["confidence"],
                "label": face["label"],
                **face["scores"],
            }
            for face in self.to_dict()["faces"]
        ]

    def to_pandas(self) -> Any:
        """A row a face -> a pandas.DataFrame. Raises ImportError where pandas is not installed."""
        return to_frame(self.face_rows(), [*FACE_COLUMNS, *self.labels])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON; boxes and landmarks in px of the upright original."""
        faces = [
            {
                "face": number,
                "box": [round(edge, 1) for edge in scored.face.box],
                "landmarks": [[round(x, 1), round(y, 1)] for x, y in scored.face.landmarks],
                "turn": scored.face.turn,
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


Outcome = Result | PhotoError  # of one photo


@dataclass(frozen=True)
class Count:
    """How many faces bear a label: their share of all in 0..1, and its 95 % interval."""

    label: str
    n: int
    share: float
    interval: tuple[float, float]


def to_frame(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> Any:
    """Rows -> a pandas.DataFrame. Raises ModuleNotFoundError where pandas is not installed."""
    try:
        import pandas
    except ImportError as error:
        raise ModuleNotFoundError("to_pandas needs pandas: `pip install pandas`.") from error
    return pandas.DataFrame(list(rows), columns=list(columns))


def relabel(result: Result, threshold: float) -> Result:
    """A result -> what it would be at another threshold, 0..1."""
    faces = tuple(
        replace(scored, label=decide(scored.scores, threshold)) for scored in result.faces
    )
    return replace(result, faces=faces, threshold=threshold)


def shrink_photo(result: Result, side: int) -> Result:
    """A result -> the same, its photo at most `side` px long; boxes still refer to the original."""
    picture = Image.fromarray(result.photo.pixels)
    picture.thumbnail((side, side))
    return replace(
        result, photo=Photo(np.asarray(picture), result.photo.width, result.photo.height)
    )


def upright(result: Result) -> Result:
    """A result -> the same with its photo turned so that its largest face is upright."""
    turn = result.faces[0].face.turn % 4 if result.faces else 0
    if not turn:
        return result
    photo = result.photo
    wide, tall = photo.width, photo.height
    size = (tall, wide) if turn % 2 else (wide, tall)
    faces = tuple(
        replace(scored, face=_turned(scored.face, turn, *size)) for scored in result.faces
    )
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, turn))
    return replace(result, photo=Photo(pixels, *size), faces=faces)


def _turned(face: Face, turn: int, width: float, height: float) -> Face:
    """A face -> it in the turned photo of this width and height, in px."""
    points = np.array([face.box[:2], face.box[2:], *face.landmarks], float)
    (ax, ay), (bx, by), *landmarks = turn_back(points, -turn, width, height).tolist()
    box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
    return replace(face, box=box, landmarks=tuple(map(tuple, landmarks)), turn=face.turn - turn)


def reason_of(scored: ScoredFace, threshold: float) -> str:
    """A face -> why it bears its label, such as "0.71, below 0.88: uncertain"."""
    best = best_of(scored.scores)
    score = scored.scores[best]
    if scored.label == UNCERTAIN:  # with as many digits as tell the two apart
        pairs = ((f"{score:.{n}f}", f"{threshold:.{n}f}") for n in range(2, 17))
        less, least = next(pair for pair in pairs if pair[0] != pair[1] or len(pair[0]) > 17)
        return f"{best} {less}, below {least}: uncertain"
    return f"{best} {score:.2f}, not below {threshold:.2f}: {scored.label}"


def count_labels(found: Iterable[str], labels: Sequence[str]) -> list[Count]:
    """The labels of many faces -> a count for each class, then for "uncertain", with intervals."""
    counted = Counter(found)
    n = counted.total()
    counts = ((label, counted[label]) for label in (*labels, UNCERTAIN))
    return [Count(label, count, count / max(1, n), wilson(count, n)) for label, count in counts]
