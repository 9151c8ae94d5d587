"""drawing: boxes and tags that leave the faces visible, however many there are."""

import numpy as np
import pytest
from PIL import Image

from face_gender.drawing import Mark, blur_face, colour_of, draw_marks, place_tags

LABELS = ("Male", "Female")


def crowd(faces: int, width: int, height: int) -> list[tuple[float, float, float, float]]:
    """Boxes of as many faces as rows of a crowd have in a picture, about their own width apart."""
    columns = int(np.ceil((faces * width / height) ** 0.5))
    step = width / columns
    shake = np.random.default_rng(0).uniform(-0.2, 0.2, (faces, 2)) * step
    corners = [
        (step * (number % columns + 0.25), step * (number // columns + 0.2))
        for number in range(faces)
    ]
    return [
        (x + dx, y + dy, x + dx + 0.5 * step, y + dy + 0.65 * step)
        for (x, y), (dx, dy) in zip(corners, shake.tolist(), strict=True)
    ]


def covered(box, tags) -> float:
    """A face, and tags that touch no other tag -> the share of it beneath them."""
    left, top, right, bottom = box
    sizes = (
        max(0, min(right, tag[2]) - max(left, tag[0]))
        * max(0, min(bottom, tag[3]) - max(top, tag[1]))
        for tag in tags
        if tag is not None
    )
    return sum(sizes) / ((right - left) * (bottom - top))


@pytest.mark.parametrize(
    ("boxes", "sizes", "expected"),
    [
        ([], [], []),
        ([(20, 20, 60, 60)], [(30, 10)], [(20, 60, 50, 70)]),  # below
        ([(20, 60, 60, 99)], [(30, 10)], [(20, 50, 50, 60)]),  # no room there: above
        ([(0, 0, 100, 100)], [(30, 10)], [(0, 0, 30, 10)]),  # only inside, and small
        ([(0, 0, 100, 100)], [(60, 20)], [None]),  # only inside, and large
        ([(0, 0, 100, 50), (0, 50, 100, 100)], [(90, 10)] * 2, [None, None]),
    ],
)
def test_where_tags_lie(boxes, sizes, expected):
    assert place_tags(boxes, sizes, (100, 100)) == expected


@pytest.mark.parametrize(
    ("faces", "width", "height"),
    [
        (1, 360, 240),
        (8, 960, 640),
        (40, 960, 640),
        (40, 360, 240),
        (120, 960, 640),
        (120, 360, 240),
    ],
)
@pytest.mark.parametrize("said", ["{}", "{} Female"])
def test_faces_stay_visible(faces, width, height, said):
    picture, boxes = Image.new("RGB", (width, height)), crowd(faces, width, height)
    marks = [Mark(box, said.format(n), "#fff") for n, box in enumerate(boxes, start=1)]
    draw_marks(picture, marks)
    drawn = np.asarray(picture.convert("L")) > 0
    shares = [drawn[int(t) + 1 : int(b), int(x) + 1 : int(r)].mean() for x, t, r, b in boxes]
    assert max(shares) < 0.1
    assert drawn.any()


def test_a_blurred_face_is_gone_and_the_rest_is_not(astronaut):
    picture = Image.fromarray(astronaut)
    blur_face(picture, (175, 66, 268, 196))
    changed = np.abs(np.asarray(picture).astype(int) - astronaut)
    assert changed[100:150, 190:250].mean() > 15
    assert changed[230:].max() == 0
    blur_face(picture, (600, 600, 700, 700))  # beside the picture


def test_colours_are_never_pink_and_blue():
    for label in (*LABELS, "uncertain"):
        red, green, blue = (int(colour_of(label, LABELS)[at : at + 2], 16) for at in (1, 3, 5))
        assert green >= blue
        assert red >= blue or green > blue
