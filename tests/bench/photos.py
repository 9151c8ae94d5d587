"""Faces and texture -> the photos that are timed, as JPEG bytes."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from PIL import Image
from skimage import data

FAIRFACE = Path(__file__).parents[3] / "shared" / "fairface" / "validation-00000-of-00001.parquet"
COLUMNS = {1: 1, 6: 3, 30: 6}  # of faces in a photo of so many
QUALITY = 90
TEXTURES = 3  # that differ, of each size
DISTINCT = 100  # photos in a folder


def astronaut_face() -> Image.Image:
    """Eileen Collins's head (NASA, public domain), square."""
    return Image.fromarray(data.astronaut()[10:250, 105:345])


@cache
def texture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Blotches of every size with noise on top, so that the detector has work at every scale."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cell in (4, 12, 36, 108):
        blotches = Image.fromarray(
            rng.integers(0, 256, (height // cell + 2, width // cell + 2, 3), dtype=np.uint8)
        )
        total += (
            np.asarray(blotches.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 4
        )
    return Image.fromarray((total + rng.normal(0, 8, total.shape)).clip(0, 255).astype(np.uint8))


def places(count: int, width: int, height: int, side: int) -> list[tuple[int, int]]:
    """Left and top of each of `count` squares of `side` px, in rows that fill the photo."""
    columns = COLUMNS[count]
    rows = count // columns
    return [
        (
            int((column + 0.5) * width / columns - side / 2),
            int((row + 0.5) * height / rows - side / 2),
        )
        for row in range(rows)
        for column in range(columns)
    ]


def collage(
    faces: Sequence[Image.Image], count: int, width: int, height: int, side: int, seed: int = 0
) -> Image.Image:
    """`count` of the faces in turn, each `side` px, on texture."""
    photo = texture(width, height, seed % TEXTURES).copy()
    for number, place in enumerate(places(count, width, height, side)):
        photo.paste(
            faces[number % len(faces)].resize((side, side), Image.Resampling.LANCZOS), place
        )
    return photo


def to_jpeg(photo: Image.Image) -> bytes:
    """A picture -> as a camera would store it."""
    packed = io.BytesIO()
    photo.save(packed, "JPEG", quality=QUALITY)
    return packed.getvalue()


def fairface_photos(count: int) -> list[Image.Image]:
    """`count` validation photos of FairFace, evenly taken; none where it is not there."""
    if not FAIRFACE.is_file():
        return []
    images = parquet.read_table(FAIRFACE, columns=["image"])["image"]
    chosen = np.linspace(0, len(images) - 1, min(count, len(images))).astype(int)
    return [
        Image.open(io.BytesIO(images[int(row)].as_py()["bytes"])).convert("RGB") for row in chosen
    ]


def timed_photos() -> dict[str, bytes]:
    """Name of a row -> its photo."""
    mixed = [astronaut_face(), *fairface_photos(29)]
    return {
        "one face, 0.26 megapixels": to_jpeg(Image.fromarray(data.astronaut())),
        "one face, 1 megapixel": to_jpeg(collage(mixed[:1], 1, 1152, 864, 420)),
        "6 faces, 2 megapixels": to_jpeg(collage(mixed, 6, 1600, 1200, 380)),
        "30 faces, 2 megapixels": to_jpeg(collage(mixed, 30, 1600, 1200, 220)),
        "one face, 12 megapixels": to_jpeg(collage(mixed[:1], 1, 4000, 3000, 1400)),
    }


def write_mixed(folder: Path, count: int) -> None:
    """Write `count` photos, DISTINCT of them different: 0 to 30 faces, 0.1 to 12 megapixels."""
    faces = [astronaut_face(), *fairface_photos(29)]
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [
        (1, 400, 300, 160),
        (1, 640, 480, 240),
        (1, 800, 1000, 500),
        (6, 1280, 960, 300),
        (1, 1600, 1200, 500),
    ]
    for number in range(min(count, DISTINCT)):
        kind = kinds[number % len(kinds)]
        turned = faces[number % len(faces) :] + faces[: number % len(faces)]
        if number % 50 == 7:
            kind = (1, 4000, 3000, 1200)
        if number % 50 == 13:
            kind = (30, 1600, 1200, 220)
        photo = (
            texture(640, 480, number % TEXTURES)
            if number % 10 == 9
            else collage(turned, *kind, seed=number)
        )
        (folder / f"{number:05}.jpg").write_bytes(to_jpeg(photo))
    for number in range(DISTINCT, count):
        (folder / f"{number:05}.jpg").write_bytes(
            (folder / f"{number % DISTINCT:05}.jpg").read_bytes()
        )
