"""check: how often the model is right on photos in class folders."""

import weakref
from dataclasses import replace

import numpy as np
import pytest

from face_gender.evaluation import (
    MISTAKES_KEPT,
    check_answers,
    correct_answers,
    read_answers,
    truth_of,
)
from face_gender.photo import Photo, PhotoError
from face_gender.result import Result
from tests.support.checks import check_outcomes

LABELS = ("Male", "Female")


def judged(result: Result, male: float, photo: int = 0) -> Result:
    """A result of one face -> the same face, scored so, in another photo of its own."""
    pixels = np.random.default_rng(photo).integers(0, 256, (64, 64, 3), np.uint8)
    face = result.faces[0]
    scores = {"Male": male, "Female": 1 - male}
    scored = replace(face, scores=scores, label="Male", crop=face.crop.copy())
    return replace(result, photo=Photo(pixels, 512, 512), faces=(scored,))


@pytest.mark.parametrize(
    "name", ["Male/1.jpg", "faces/male/1.jpg", "a\\MALE\\1.jpg", "male /1.jpg", " Male/1.jpg"]
)
def test_class_is_the_folder(name):
    assert truth_of(name, LABELS) == "Male"


@pytest.mark.parametrize("name", ["1.jpg", "women/1.jpg", "male/more/1.jpg", ""])
def test_other_folders_are_one_sentence(name):
    with pytest.raises(PhotoError, match="“Male” or “Female”"):
        truth_of(name, LABELS)


def test_no_face_to_check_on(reader, astronaut):
    empty = replace(reader.read(astronaut), faces=())
    for outcomes in ([], [("male/1.jpg", empty)], [("male/1.jpg", PhotoError("Broken."))]):
        with pytest.raises(PhotoError, match="no face"):
            check_outcomes(outcomes, LABELS, 0.6)


def test_figures(reader, astronaut):
    result = reader.read(astronaut)

    outcomes = [
        ("male/right.jpg", judged(result, 0.9, 0)),
        ("male/wrong.jpg", judged(result, 0.45, 1)),
        ("female/right.jpg", judged(result, 0.2, 2)),
        ("female/surely-wrong.jpg", judged(result, 0.99, 3)),
        ("female/no-face.jpg", replace(result, faces=())),
        ("male/broken.jpg", PhotoError("Broken.")),
        ("female/posted-twice.jpg", judged(result, 0.2, 2)),
    ]
    check = check_outcomes(iter(outcomes), LABELS, 0.7)
    assert (check.n, check.unread, check.no_face, check.twice) == (4, 1, 1, 1)
    assert check.accuracy == 0.5
    assert check.confusion == [[1, 1], [1, 1]]
    assert (check.coverage, check.covered) == (0.75, pytest.approx(2 / 3))
    assert [mistake.photo for mistake in check.mistakes] == [
        "female/surely-wrong.jpg",
        "male/wrong.jpg",
    ]
    assert check.classes["Male"].recall == 0.5
    assert check.curve[-1] == (1.0, 0.5)
    assert check.ece == pytest.approx(abs((0.9 + 0.55 + 0.8 + 0.99) / 4 - 0.5))


@pytest.mark.parametrize(
    ("truths", "n", "accuracy", "mistakes"),
    [
        ({}, 3, 1 / 3, ["Female/1.jpg", "Male/2.jpg"]),
        ({"Female/1.jpg": "Male"}, 3, 2 / 3, ["Male/2.jpg"]),
        ({"Female/1.jpg": "Male", "Male/2.jpg": "leave out"}, 2, 1.0, []),
        ({"other.jpg": "Male"}, 3, 1 / 3, ["Female/1.jpg", "Male/2.jpg"]),
    ],
)
def test_what_a_person_corrects_is_the_truth(reader, astronaut, truths, n, accuracy, mistakes):
    result = reader.read(astronaut)
    named = [("Male/0.jpg", 0.9), ("Female/1.jpg", 0.9), ("Male/2.jpg", 0.2)]
    outcomes = [(name, judged(result, male, at)) for at, (name, male) in enumerate(named)]
    corrected = correct_answers(read_answers(outcomes, LABELS), truths, LABELS)
    check = check_answers(corrected, LABELS, 0.7)
    assert (check.n, check.accuracy) == (n, pytest.approx(accuracy))
    assert [each.photo for each in check.mistakes] == mistakes


def test_no_photo_is_held_and_of_the_faces_only_the_mistakes_shown(reader, astronaut):
    result = reader.read(astronaut)
    photos: list[weakref.ref] = []
    crops: list[weakref.ref] = []

    def outcomes():
        for number in range(3 * MISTAKES_KEPT):
            assert not [
                photo for photo in photos[:-1] if photo() is not None
            ]  # the last one is still in hand
            read = judged(result, 0.6 + number / 1000, number)
            photos.append(weakref.ref(read.photo))
            crops.append(weakref.ref(read.faces[0].crop))
            yield ("Male" if number % 2 else "Female") + f"/{number}.jpg", read

    check = check_outcomes(outcomes(), LABELS, 0.7)
    assert [mistake.photo for mistake in check.mistakes] == [
        f"Female/{number}.jpg" for number in range(70, 22, -2)
    ]
    assert len([crop for crop in crops if crop() is not None]) <= MISTAKES_KEPT + 1
