"""Faces and films to measure on, made of photos.

Faces are FairFace's, of its validation photos where nothing else is said: held out from training.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from skimage import data

from face_gender.reader import PhotoReader
from face_gender.scores import Scorer
from tests.conftest import FAIRFACE
from tests.support.clips import write_clip

GENDERS = ("Male", "Female")
HELD_OUT, TRAINING = "validation-00000-of-00001", "train-00003-of-00004"


def faces(n: int, skip: int = 0, split: str = HELD_OUT) -> Iterator[tuple[Image.Image, str]]:
    """N photos of a file of FairFace, after the first `skip`, each with its label."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(FAIRFACE / f"{split}.parquet", columns=["image", "gender"])
    for row in table.slice(skip, n).to_pylist():
        photo = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")
        yield photo, GENDERS[row["gender"]]


def head_of(photo: Image.Image, size: int) -> tuple[Image.Image, Image.Image]:
    """A photo -> a head of `size` px and its soft, oval mask."""
    head = photo.crop((12, 2, 212, 222)).resize((size, round(1.1 * size)), Image.Resampling.BOX)
    mask = Image.new("L", head.size)
    ImageDraw.Draw(mask).ellipse((2, 2, head.width - 2, head.height - 2), fill=255)
    return head, mask.filter(ImageFilter.GaussianBlur(2))


def worsen(photo: Image.Image, chance: np.random.Generator) -> Image.Image:
    """A photo -> as a frame of a film might show it: turned, dark, blurred, grainy."""
    photo = photo.rotate(chance.uniform(-15, 15), Image.Resampling.BILINEAR)
    photo = ImageEnhance.Brightness(photo).enhance(chance.uniform(0.5, 1.4))
    photo = ImageEnhance.Contrast(photo).enhance(chance.uniform(0.6, 1.3))
    photo = photo.filter(ImageFilter.GaussianBlur(float(chance.choice([0, 0, 1, 2, 4, 6]))))
    noise = chance.normal(0, chance.choice([0, 5, 15]), (*photo.size[::-1], 3))
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def talking(folder: Path, seconds: int = 30) -> Path:
    """A 720p film of one or two heads that move a little, 25 frames a second, with grain."""
    chance = np.random.default_rng(0)
    large = Image.fromarray(data.astronaut()).crop((60, 0, 380, 320)).resize((560, 560))
    scene = Image.fromarray(data.coffee()).resize((1280, 720))
    grain = [chance.normal(0, 3, (720, 1280, 1)).astype(np.int16) for _ in range(8)]

    def pictures() -> Iterator[np.ndarray]:
        for at in range(25 * seconds):
            picture, sway = scene.copy(), 20 * np.sin(at / 12)
            picture.paste(large, (round(80 + sway), round(110 + sway / 3)))
            if at // 250 % 2:
                picture.paste(large.resize((420, 420)), (round(760 - sway), 190))
            yield (np.asarray(picture) + grain[at % 8]).clip(0, 255).astype(np.uint8)

    return write_clip(folder / "talking.mp4", pictures(), rate=25)


class EvenScorer:
    """A model's stand-in that finds every class as likely, for what scores do not matter to."""

    def __init__(self, scorer: Scorer) -> None:
        """scorer: whose model and crops it takes."""
        self.model, self.size = scorer.model, scorer.size

    def score_crops(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """N crops -> (n, classes)."""
        classes = len(self.model.labels)
        return np.full((len(crops), classes), 1 / classes, np.float32)


def without_scores(reader: PhotoReader) -> PhotoReader:
    """A reader -> one with its detector that spends nothing on scores."""
    return PhotoReader(reader.finder, EvenScorer(reader.scorer))
