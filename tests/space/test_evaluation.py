"""check: how often the model is right on photos in class folders."""

import weakref
from dataclasses import replace

import pytest

from face_gender.evaluation import MISTAKES_KEPT, check_outcomes, truth_of
from face_gender.photo import PhotoError

LABELS = ("Male", "Female")


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

    def outcome(male: float):
        scored = replace(result.faces[0], scores={"Male": male, "Female": 1 - male}, label="Male")
        return replace(result, faces=(scored,))

    outcomes = [
        ("male/right.jpg", outcome(0.9)),
        ("male/wrong.jpg", outcome(0.45)),
        ("female/right.jpg", outcome(0.2)),
        ("female/surely-wrong.jpg", outcome(0.99)),
        ("female/no-face.jpg", replace(result, faces=())),
        ("male/broken.jpg", PhotoError("Broken.")),
    ]
    check = check_outcomes(iter(outcomes), LABELS, 0.7)
    assert (check.n, check.unread, check.no_face, check.accuracy) == (4, 1, 1, 0.5)
    assert check.confusion == [[1, 1], [1, 1]]
    assert (check.coverage, check.covered) == (0.75, pytest.approx(2 / 3))
    assert [mistake.photo for mistake in check.mistakes] == [
        "female/surely-wrong.jpg",
        "male/wrong.jpg",
    ]
    assert check.classes["Male"].recall == 0.5
    assert check.curve[-1] == (1.0, 0.5)
    assert check.ece == pytest.approx(abs((0.9 + 0.55 + 0.8 + 0.99) / 4 - 0.5))


def test_no_photo_is_held_and_of_the_faces_only_the_mistakes_shown(reader, astronaut):
    result = reader.read(astronaut)
    photos: list[weakref.ref] = []
    crops: list[weakref.ref] = []

    def outcomes():
        for number in range(3 * MISTAKES_KEPT):
            assert not [
                photo for photo in photos[:-1] if photo() is not None
            ]  # the last one is still in hand
            male = 0.6 + number / 1000
            scored = replace(
                result.faces[0],
                crop=result.faces[0].crop.copy(),
                scores={"Male": male, "Female": 1 - male},
                label="Male",
            )
            read = replace(result, photo=replace(result.photo), faces=(scored,))
            photos.append(weakref.ref(read.photo))
            crops.append(weakref.ref(scored.crop))
            yield ("Male" if number % 2 else "Female") + f"/{number}.jpg", read

    check = check_outcomes(outcomes(), LABELS, 0.7)
    assert [mistake.photo for mistake in check.mistakes] == [
        f"Female/{number}.jpg" for number in range(70, 22, -2)
    ]
    assert len([crop for crop in crops if crop() is not None]) <= MISTAKES_KEPT + 1
