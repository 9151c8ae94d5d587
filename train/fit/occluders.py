"""Crop, landmarks -> the same face behind a painted mask, sunglasses or head covering.

Outlines use the face's own coordinates. x is the distance from the face's middle line, and 1 is
the distance between the eyes; y is 0 at the eyes and 1 at the mouth. Training on painted masks
helps on real ones (Carletti et al. 2022). Training never sees some shapes and textures, so that the
evaluation does not reward memorising them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

FINE = 3  # draw outlines this many times larger, then shrink them: smooth edges

Outline = tuple[tuple[float, float], ...]


def ellipse(x: float, y: float, width: float, height: float) -> Outline:
    """Centre and half axes -> an outline of 32 corners."""
    turns = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    return tuple(
        (x + width * float(np.cos(turn)), y + height * float(np.sin(turn))) for turn in turns
    )


def band(left: float, top: float, right: float, bottom: float) -> Outline:
    """Edges -> a rectangle's outline."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


@dataclass(frozen=True)
class Cover:
    """What to paint: outlines, bare areas inside them, and lines across them (pleats, seams)."""

    outlines: tuple[Outline, ...]
    bare: tuple[Outline, ...] = ()
    lines: tuple[Outline, ...] = ()


SURGICAL = Cover(
    (
        (
            (-1.0, 0.35),
            (0, 0.2),
            (1.0, 0.35),
            (0.95, 1.1),
            (0.55, 1.75),
            (0, 1.9),
            (-0.55, 1.75),
            (-0.95, 1.1),
        ),
    ),
    lines=tuple(((-0.95, y), (0, y + 0.1), (0.95, y)) for y in (0.7, 1.0, 1.3)),
)
BANDANA = Cover((((-1.15, 0.3), (0, 0.15), (1.15, 0.3), (0.75, 1.5), (0, 2.4), (-0.75, 1.5)),))
CUP = Cover(
    (
        (
            (-0.85, 0.5),
            (-0.25, 0.3),
            (0, 0.0),
            (0.25, 0.3),
            (0.85, 0.5),
            (0.8, 1.2),
            (0.4, 1.75),
            (-0.4, 1.75),
            (-0.8, 1.2),
        ),
    ),
    lines=(((0, 0.0), (0, 1.75)), ((-0.85, 0.5), (-1.2, 0.2)), ((0.85, 0.5), (1.2, 0.2))),
)
TEMPLES: tuple[Outline, ...] = (
    band(-1.2, -0.12, -0.8, -0.03),
    band(0.8, -0.12, 1.2, -0.03),
    band(-0.2, -0.1, 0.2, -0.02),
)
ROUND = Cover((ellipse(-0.5, 0.05, 0.4, 0.3), ellipse(0.5, 0.05, 0.4, 0.3), *TEMPLES))
SQUARE = Cover((band(-0.92, -0.2, -0.12, 0.25), band(0.12, -0.2, 0.92, 0.25), *TEMPLES))
SHIELD = Cover(
    (((-1.1, -0.25), (1.1, -0.25), (0.9, 0.3), (0.2, 0.35), (0, 0.15), (-0.2, 0.35), (-0.9, 0.3)),)
)
SCARF = Cover((ellipse(0, 0.7, 2.2, 3.2),), bare=(ellipse(0, 0.5, 1.05, 1.3),))
BEANIE = Cover(
    (
        (
            (-1.4, -0.5),
            (-0.6, -0.75),
            (0.6, -0.75),
            (1.4, -0.5),
            (1.3, -1.6),
            (0.6, -2.6),
            (-0.6, -2.6),
            (-1.3, -1.6),
        ),
    )
)
HOOD = Cover(
    (band(-2.5, -3.0, 2.5, 4.0),),
    bare=(
        (
            (-0.9, -0.3),
            (-0.5, -0.8),
            (0, -0.95),
            (0.5, -0.8),
            (0.9, -0.3),
            (0.95, 1.0),
            (0.45, 1.8),
            (-0.45, 1.8),
            (-0.95, 1.0),
        ),
    ),
)

MASK, SUNGLASSES, COVERING = "mask", "sunglasses", "covering"
TRAINED: dict[str, tuple[Cover, ...]] = {
    MASK: (SURGICAL, BANDANA),
    SUNGLASSES: (ROUND, SQUARE),
    COVERING: (SCARF, BEANIE),
}
HELD_OUT: dict[str, tuple[Cover, ...]] = {MASK: (CUP,), SUNGLASSES: (SHIELD,), COVERING: (HOOD,)}


def occlude(
    crop: Image.Image,
    landmarks: Sequence[float],
    kind: str,
    rng: np.random.Generator,
    held_out: bool = False,
) -> Image.Image:
    """A crop, its landmarks (x, y of eyes, nose, mouth corners, px) -> it behind a `kind`."""
    covers = (HELD_OUT if held_out else TRAINED)[kind]
    cover = covers[rng.integers(len(covers))]
    to_pixels = face_frame(np.reshape(landmarks, (5, 2)), rng)
    shape = draw_cover(cover, to_pixels, crop.size)
    colour = (20, 20, 25) if kind == SUNGLASSES else tuple(rng.integers(10, 246, 3).tolist())
    fabric = weave(crop, colour, rng, plain=kind == SUNGLASSES, held_out=held_out)
    return Image.composite(fabric, crop, shape)


def face_frame(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(5, 2) landmarks -> (2, 3) matrix from the face's frame to px, with a small random error."""
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[1] - points[0], mouth - eyes
    width = max(
        float(np.hypot(*across)), 0.8 * float(np.hypot(*down)), 1e-6
    )  # eyes look closer together on a turned head
    across = across / max(float(np.hypot(*across)), 1e-6) * width
    across, down = across * rng.uniform(0.95, 1.1), down * rng.uniform(0.95, 1.1)
    start = eyes + across * rng.uniform(-0.05, 0.05) + down * rng.uniform(-0.05, 0.05)
    return np.stack([across, down, start], axis=1)


def draw_cover(cover: Cover, frame: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """A cover -> how much of each px it hides, as a grey picture; lines hide less."""
    drawn = Image.new("L", (size[0] * FINE, size[1] * FINE))
    pen = ImageDraw.Draw(drawn)
    for outlines, fill in ((cover.outlines, 255), (cover.bare, 0)):
        for outline in outlines:
            pen.polygon(to_pixels(outline, frame), fill=fill)
    for line in cover.lines:
        pen.line(to_pixels(line, frame), fill=190, width=FINE)
    return drawn.resize(size, Image.Resampling.BOX)


def to_pixels(outline: Outline, frame: np.ndarray) -> list[tuple[float, float]]:
    """An outline in the face's frame -> its corners on the enlarged drawing."""
    corners = np.array([(x, y, 1.0) for x, y in outline]) @ frame.T * FINE
    return [(float(x), float(y)) for x, y in corners]


def weave(
    crop: Image.Image,
    colour: tuple[int, ...],
    rng: np.random.Generator,
    plain: bool = False,
    held_out: bool = False,
) -> Image.Image:
    """A colour -> a fabric as bright as the crop, plain or striped; held out: checked or dotted."""
    width, height = crop.size
    rows, columns = np.mgrid[:height, :width]
    step = max(2.0, width * rng.uniform(0.04, 0.12))
    turned = columns * np.cos(angle := rng.uniform(0, np.pi)) + rows * np.sin(angle)
    if plain:
        pattern = np.zeros((height, width), bool)
    elif held_out:
        cells = (columns // step + rows // step) % 2 == 0
        dots = ((columns % step - step / 2) ** 2 + (rows % step - step / 2) ** 2) < (
            step / 3.5
        ) ** 2
        pattern = cells if rng.random() < 0.5 else dots
    else:
        pattern = (turned // step % 2 == 0) & (rng.random() < 0.4)
    light = np.clip(np.asarray(crop.convert("L")).mean() / 120, 0.4, 1.3) * (
        1.1 - 0.3 * rows / height
    )
    dyed = (
        np.where(pattern[..., None], rng.integers(10, 246, 3), np.array(colour)) * light[..., None]
    )
    return Image.fromarray((dyed + rng.normal(0, 4, dyed.shape)).clip(0, 255).astype(np.uint8))
