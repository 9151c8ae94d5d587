"""A picture and the faces in it -> the same with boxes, tags that cover no face, or blurred faces.

Boxes are (left, top, right, bottom) in px of the picture.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .faces import Box
from .model_folder import UNCERTAIN

# Okabe and Ito's colours, for colour-blind people too; never pink and blue for a perceived gender.
COLOURS = ("#E69F00", "#009E73", "#F0E442", "#D55E00")
GREY = "#BBBBBB"
WIDER = 0.2  # of the box, on each side, that is blurred as well
BLUR_PIXELS = 5  # a side, that are left of a blurred face
SMALLEST_TEXT = 9  # px; smaller cannot be read
TEXT_SHARE = 0.2  # of a face's height, that its tag's letters have
OWN_SHARE = 0.05  # most of a face that its own tag may cover, where nothing else is free


@dataclass(frozen=True)
class Mark:
    """A face to draw: its box, what its tag says, and the colour of both."""

    box: Box
    said: str
    colour: str


def colour_of(label: str, labels: tuple[str, ...]) -> str:
    """A decision -> its colour, the same in every picture, table and chart."""
    return GREY if label == UNCERTAIN else COLOURS[labels.index(label) % len(COLOURS)]


def data_uri(picture: Image.Image | np.ndarray, quality: int = 85, kind: str = "jpeg") -> str:
    """A picture -> a data: address that holds it whole: nothing is written to the server's disk."""
    packed = io.BytesIO()
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(
        packed, kind, quality=quality
    )
    return f"data:image/{kind};base64," + base64.b64encode(packed.getvalue()).decode()


def draw_marks(picture: Image.Image, marks: Sequence[Mark], blur: bool = False) -> None:
    """Draw a box around each face, outside it, and a tag wherever one covers no other face."""
    if blur:
        for mark in marks:
            blur_face(picture, mark.box)
    pen, thickest = ImageDraw.Draw(picture), max(2, max(picture.size) // 250)
    for mark in marks:
        left, top, right, bottom = mark.box
        line = max(1, min(thickest, round(min(right - left, bottom - top) / 20)))
        for width, colour in ((line + 1, "black"), (line, mark.colour)):
            around = (left - width, top - width, right + width - 1, bottom + width - 1)
            pen.rectangle(around, outline=colour, width=width)
    fonts = [_font(_text_size(mark.box, picture.size)) for mark in marks]
    sizes = [_tag_size(mark.said, font) for mark, font in zip(marks, fonts, strict=True)]
    tags = place_tags([mark.box for mark in marks], sizes, picture.size)
    for mark, font, tag in zip(marks, fonts, tags, strict=True):
        if tag is not None:
            pen.rectangle(tag, fill=mark.colour)
            middle = (tag[0] + tag[2]) / 2, (tag[1] + tag[3]) / 2
            pen.text(middle, mark.said, font=font, fill="black", anchor="mm")


def place_tags(
    boxes: Sequence[Box], sizes: Sequence[tuple[float, float]], picture: tuple[int, int]
) -> list[Box | None]:
    """Faces' boxes and their tags' widths and heights -> where each tag lies; None without room.

    A tag lies beside its face where it covers no face and no other tag; else in its own face's
    corner, if it covers at most OWN_SHARE of that.
    """
    taken = np.array([*boxes, *boxes], float).reshape(-1, 4)  # faces, then the tags beside them
    taken[len(boxes) :] = -1
    tags: list[Box | None] = []
    for number, (box, size) in enumerate(zip(boxes, sizes, strict=True)):
        inside = (box[0], box[1], box[0] + size[0], box[1] + size[1])
        others = np.delete(taken, number, axis=0)
        small = size[0] * size[1] <= OWN_SHARE * (box[2] - box[0]) * (box[3] - box[1])
        tag = next((tag for tag in _beside(box, size) if _is_free(tag, taken, picture)), None)
        if tag is None and small and _is_free(inside, others, picture):
            tag = inside
        tags.append(tag)
        taken[len(boxes) + number] = tag or -1
    return tags


def _beside(box: Box, size: tuple[float, float]) -> list[Box]:
    """A face and its tag's size -> where the tag may lie: below, above, right and left."""
    left, top, right, bottom = box
    width, height = size
    corners = (
        (left, bottom), (left, top - height),
        (right - width, bottom), (right - width, top - height),
        (right, top), (left - width, top),
    )  # fmt: skip
    return [(x, y, x + width, y + height) for x, y in corners]


def _is_free(tag: Box, taken: np.ndarray, picture: tuple[int, int]) -> bool:
    """Whether a tag lies in the picture and touches none of (n, 4) boxes."""
    left, top, right, bottom = tag
    if left < 0 or top < 0 or right > picture[0] or bottom > picture[1]:
        return False
    apart = (
        (taken[:, 2] <= left) | (taken[:, 0] >= right)
        | (taken[:, 3] <= top) | (taken[:, 1] >= bottom)
    )  # fmt: skip
    return bool(apart.all())


def _text_size(box: Box, picture: tuple[int, int]) -> int:
    """A face -> px of its tag's letters: small beside a small face."""
    return int(min(max(12, max(picture) / 40), max(SMALLEST_TEXT, TEXT_SHARE * (box[3] - box[1]))))


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _tag_size(said: str, font: Any) -> tuple[float, float]:
    return font.getlength(said) + 0.5 * font.size, 1.25 * font.size


def blur_face(picture: Image.Image, box: Box) -> None:
    """Leave a few px of what is in the box, and of a margin around it."""
    across, down = WIDER * (box[2] - box[0]), WIDER * (box[3] - box[1])
    left, top = max(0, int(box[0] - across)), max(0, int(box[1] - down))
    right = min(picture.width, int(box[2] + across) + 1)
    bottom = min(picture.height, int(box[3] + down) + 1)
    if right > left and bottom > top:
        part = picture.crop((left, top, right, bottom))
        few = part.resize((BLUR_PIXELS, BLUR_PIXELS), Image.Resampling.BOX)
        picture.paste(few.resize(part.size, Image.Resampling.BILINEAR), (left, top))
