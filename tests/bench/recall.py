"""How many faces each detector finds: ours as served, and facenet-pytorch's at full size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from facenet_pytorch import MTCNN
from PIL import Image

from face_gender.faces import FaceFinder
from face_gender.photo import open_photo
from tests.bench.photos import astronaut_face, collage, fairface_photos, places, to_jpeg
from tests.bench.timing import HIGH, LOW, RESAMPLES

Box = tuple[float, ...]
GROUP = 30  # faces of a collage
SIDES = (
    60,
    90,
    130,
    220,
)  # px of a pasted photo, of which its face is about half, in collages of 1600 x 1200
SIZE = 1600, 1200


def find_ours(finder: FaceFinder) -> Callable[[Image.Image], list[Box]]:
    """Ours, from the encoded photo and so at the size it is decoded to."""
    return lambda photo: [
        face.box for face in finder.find_faces(open_photo(to_jpeg(photo), side=finder.side))
    ]


def find_theirs(detector: MTCNN) -> Callable[[Image.Image], list[Box]]:
    """facenet-pytorch's, as it comes."""

    def find(photo: Image.Image) -> list[Box]:
        boxes, _ = detector.detect(photo)
        return [] if boxes is None else [tuple(box) for box in boxes.tolist()]

    return find


def hits(boxes: list[Box], spots: list[tuple[int, int]], side: int) -> int:
    """Boxes, and each pasted square's left and top -> how many squares hold a box's centre."""
    middles = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes]
    return sum(
        any(
            abs(x - left - side / 2) < side / 2 and abs(y - top - side / 2) < side / 2
            for x, y in middles
        )
        for left, top in spots
    )


def singles(count: int) -> Iterator[tuple[Image.Image, list[tuple[int, int]], int]]:
    """FairFace's validation photos as they are: photo, place of the one face, side."""
    for photo in fairface_photos(count):
        yield photo, [(0, 0)], photo.width


def groups(count: int, side: int) -> Iterator[tuple[Image.Image, list[tuple[int, int]], int]]:
    """`count` collages of FairFace's photos, or of the astronaut: photo, places, their side."""
    faces = fairface_photos(count * GROUP) or [astronaut_face()]
    for number in range(count):
        chosen = [faces[(number * GROUP + at) % len(faces)] for at in range(GROUP)]
        yield collage(chosen, GROUP, *SIZE, side, seed=number), places(GROUP, *SIZE, side), side


@dataclass(frozen=True)
class Recall:
    """Shares of `faces` we and facenet-pytorch found, and the difference's 95 % interval."""

    ours: float
    theirs: float
    low: float
    high: float
    faces: int


def compare(counts: np.ndarray) -> Recall:
    """(photos, 3) found by us, by facenet-pytorch, and present -> shares, bootstrapped by photo."""
    ours, theirs, faces = counts.sum(axis=0)
    drawn = counts[np.random.default_rng(0).integers(0, len(counts), (RESAMPLES, len(counts)))].sum(
        axis=1
    )
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / drawn[:, 2], (LOW, HIGH))
    return Recall(ours / faces, theirs / faces, float(low), float(high), int(faces))


def recall(single: int, grouped: int) -> dict[str, Recall]:
    """How many photos of one face, and of many -> kind: what was found of the faces."""
    finders = find_ours(FaceFinder()), find_theirs(MTCNN(keep_all=True))
    kinds = {"FairFace validation": singles(single)}
    kinds |= {f"collages of {GROUP}, each photo {side} px": groups(grouped, side) for side in SIDES}
    found = {}
    for kind, photos in kinds.items():
        counts = [
            [*(hits(find(photo), spots, side) for find in finders), len(spots)]
            for photo, spots, side in photos
        ]
        if counts:
            found[kind] = compare(np.array(counts))
    return found
