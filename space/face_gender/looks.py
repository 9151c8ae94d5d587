"""A face's crop -> how the face looks, by which it is told from others of the same film."""

import numpy as np
from PIL import Image

SIDE = 12  # px of the grid that is compared
SMALL = 48  # px of the crop it is taken from, so that each px of the grid is an average
# Where eyes, nose and corners of the mouth lie on the grid, in its sides: tight, since hair, ears
# and what is behind them tell people apart less well than the middle of the face does.
PLACES = np.array(((0.207, 0.307), (0.75, 0.307), (0.479, 0.579), (0.264, 0.85), (0.693, 0.85)))
LEAST_SPAN = 0.4  # of the crop's side that the grid covers, where landmarks fall together
LENGTH = SIDE * SIDE * 3


def look_of(crop: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A crop and its landmarks -> (432,) int8, the ranks of the aligned face's values.

    points: (5, 2), in sides of the crop. Ranks stay the same under any change of light that keeps
    the order of what is bright and dark.
    """
    small = Image.fromarray(crop).resize((SMALL, SMALL), Image.Resampling.BOX)
    grid = small.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, _affine(points * SMALL), Image.Resampling.BILINEAR
    )
    ranks = np.asarray(grid).ravel().argsort(kind="stable").argsort(kind="stable")
    return ((ranks / (LENGTH - 1) - 0.5) * 254).round().astype(np.int8)


def to_unit(look: np.ndarray) -> np.ndarray:
    """A look, or a mean of several -> the same, of length 1."""
    found = look.astype(np.float32)
    return found / max(float(np.linalg.norm(found)), 1e-6)


def unlikeness(one: np.ndarray, other: np.ndarray) -> float:
    """How much two looks, or means of several, differ: 1 - cosine, 0..2."""
    return 1.0 - float(to_unit(one) @ to_unit(other))


def _affine(points: np.ndarray) -> tuple[float, ...]:
    """Landmarks in px -> the turn, scale and shift from the grid nearest to them, as Pillow's."""
    grid = PLACES * SIDE
    middle, onto = grid.mean(axis=0), points.mean(axis=0)
    x, y = (grid - middle).T
    to_x, to_y = (points - onto).T
    along, across = (x * to_x + y * to_y).sum(), (x * to_y - y * to_x).sum()
    turn = np.array((along, across)) / (x * x + y * y).sum()
    scale = max(float(np.hypot(*turn)), 1e-6)
    cos, sin = turn * max(1.0, LEAST_SPAN * SMALL / SIDE / scale)
    left, top = onto - (cos * middle[0] - sin * middle[1], sin * middle[0] + cos * middle[1])
    return cos, -sin, left, sin, cos, top
