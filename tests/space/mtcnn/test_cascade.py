"""The ONNX cascade against facenet-pytorch's MTCNN, on the same pixels."""

import numpy as np
import pytest

from face_gender.mtcnn.area import AreaSampler
from face_gender.mtcnn.cascade import Cascade, strips
from face_gender.mtcnn.suppression import keep_best
from tests.conftest import overlap


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    return Cascade()


@pytest.fixture(scope="module")
def facenet():
    from facenet_pytorch import MTCNN

    return MTCNN(keep_all=True)


def assert_same(cascade, facenet, pixels):
    boxes, confidences, landmarks = facenet.detect(pixels, landmarks=True)
    found = cascade.detect(pixels)
    count = 0 if boxes is None else len(boxes)
    assert len(found.boxes) == len(found.confidences) == len(found.landmarks) == count
    for number in range(count):
        box = boxes[number].astype(float)
        best = max(range(count), key=lambda other: overlap(box, found.boxes[other]))
        assert overlap(box, found.boxes[best]) >= 0.98
        assert found.confidences[best] == pytest.approx(float(confidences[number]), abs=1e-4)
        size = (box[2:] - box[:2]).max()
        assert np.abs(found.landmarks[best] - landmarks[number].astype(float)).max() < 0.02 * size


def test_the_same_face_as_facenet(cascade, facenet, astronaut):
    assert_same(cascade, facenet, astronaut)


def test_the_same_faces_in_a_group(cascade, facenet, astronaut):
    face = astronaut[30:250, 120:340]
    rng = np.random.default_rng(0)
    group = rng.integers(90, 130, (600, 900, 3)).astype(np.uint8)
    for row in range(2):
        for column in range(3):
            group[40 + row * 280 : 260 + row * 280, 40 + column * 290 : 260 + column * 290] = face
    assert len(cascade.detect(group).boxes) >= 6
    assert_same(cascade, facenet, group)


def test_noise(cascade, facenet):
    assert_same(
        cascade, facenet, np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    )


@pytest.mark.slow
def test_the_same_on_fairface(cascade, facenet, fairface_photos):
    for photo in fairface_photos[:50]:
        assert_same(cascade, facenet, photo)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 500), (500, 1), (10, 10), (15, 400), (11, 11), (13, 13)]
)
@pytest.mark.parametrize("border", [0.0, 0.5])
def test_tiny_and_thin_are_empty(cascade, shape, border):
    found = cascade.detect(np.full((*shape, 3), 90, np.uint8), border=border)
    assert found.boxes.shape == (0, 4)
    assert found.confidences.shape == (0,)
    assert found.landmarks.shape == (0, 5, 2)


@pytest.mark.parametrize(
    ("boxes", "confidences", "kept"),
    [
        (np.empty((0, 4)), [], []),
        ([[0, 0, 10, 10]], [0.5], [0]),
        ([[0, 0, 10, 10], [0, 0, 10, 10]], [0.5, 0.9], [1]),
        ([[0, 0, 10, 10], [20, 20, 30, 30]], [0.5, 0.9], [1, 0]),
        ([[0, 0, 10, 10], [5, 0, 15, 10]], [0.9, 0.5], [0, 1]),
    ],
)
def test_keep_best(boxes, confidences, kept):
    assert keep_best(np.array(boxes, float), np.array(confidences), 0.5).tolist() == kept


@pytest.mark.parametrize("border", [0.0, 0.5, 4.0])
def test_strips_of_a_level_are_the_level(border):
    """Wherever a strip lies: on pixels, over their edge, or wholly on the grey around."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 57, 3), dtype=np.uint8)
    sampler, pad = AreaSampler(pixels), round(border * 12)
    rows, columns = sampler.level_shape(0.6, pad)
    whole = sampler.strip(0.6, pad, 0, rows)
    assert whole.shape == (1, 3, rows, columns)
    for start in range(rows):
        np.testing.assert_array_equal(
            sampler.strip(0.6, pad, start, 12), whole[:, :, start : start + 12]
        )


@pytest.mark.parametrize(
    "shape", [(12, 12), (13, 30_000), (57, 400), (396, 396), (400, 40), (401, 12)]
)
def test_strips_hold_every_window_once(shape):
    found = [
        top + at
        for top, rows in strips(*shape)
        for at in range(0, min(rows, shape[0] - top) - 10, 2)
    ]
    assert found == list(range(0, shape[0] - 10, 2))
