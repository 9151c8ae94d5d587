"""Photo -> result, whole."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from face_gender.crops import crop_face
from face_gender.faces import Face
from face_gender.model_folder import UNCERTAIN, asked_model
from face_gender.photo import Photo, PhotoError, open_photo
from face_gender.reader import PhotoReader, open_reader
from face_gender.result import Result, ScoredFace
from face_gender.scores import load_scorer
from face_gender.settings import ModelSettings
from tests.conftest import LABELS, overlap
from tests.space.test_faces import HER_FACE

KEYS = ["width", "height", "faces", "threshold", "model", "revision"]
FACE_KEYS = ["face", "box", "landmarks", "turn", "confidence", "label", "scores"]


def test_no_face(reader):
    found = reader.read(np.full((80, 100, 3), 90, np.uint8)).to_dict()
    assert list(found) == KEYS
    assert (found["width"], found["height"], found["faces"]) == (100, 80, [])


def test_one_face(reader, astronaut_file, small_model):
    found = reader.read(astronaut_file).to_dict()
    assert list(found) == KEYS
    (face,) = found["faces"]
    assert list(face) == FACE_KEYS
    assert face["face"] == 1
    assert overlap(face["box"], HER_FACE) > 0.7
    assert list(face["scores"]) == list(LABELS)
    assert sum(face["scores"].values()) == pytest.approx(1, abs=1e-3)
    assert face["label"] in (*LABELS, UNCERTAIN)
    assert found["threshold"] == 0.6
    assert found["model"] == small_model.name
    assert found["revision"].startswith("sha256:")


def test_the_flow_by_hand_gives_the_same(reader, finder, small_model, astronaut_file):
    scorer = load_scorer(ModelSettings(str(small_model)))
    photo = open_photo(astronaut_file)
    crops = [
        crop_face(photo, face, scorer.size, scorer.model.margin)
        for face in finder.find_faces(photo)
    ]
    scores = scorer.score_crops(crops)
    (face,) = reader.read(astronaut_file).faces
    np.testing.assert_allclose(list(face.scores.values()), scores[0], atol=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_threshold_decides(finder, small_model, astronaut, threshold):
    reader = PhotoReader(finder, load_scorer(ModelSettings(str(small_model))), threshold)
    (face,) = reader.read(astronaut).faces
    best = max(face.scores, key=lambda name: face.scores[name])
    assert face.label == (best if threshold == 0 else UNCERTAIN)


def test_small_faces_of_large_jpegs_are_cut_from_real_pixels(reader, astronaut):
    """A drafted JPEG is opened again where a face has fewer pixels than the model wants."""
    large = np.full((1000, 1400, 3), 100, np.uint8)
    large[400:656, 600:856] = np.asarray(Image.fromarray(astronaut).resize((256, 256)))
    packed = io.BytesIO()
    Image.fromarray(large).save(packed, "JPEG", quality=95)
    assert open_photo(packed.getvalue(), side=640).scale == 0.5
    result = reader.read(packed.getvalue())
    (face,) = result.faces
    assert result.photo.scale == 1.0
    assert overlap(face.face.box, np.add(np.divide(HER_FACE, 2), (600, 400, 600, 400))) > 0.6


def test_read_many_goes_on_after_a_broken_photo(reader, astronaut_file, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    outcomes = list(
        reader.read_many([tmp_path / "broken.jpg", astronaut_file, tmp_path / "none.jpg"])
    )
    assert [isinstance(outcome, PhotoError) for outcome in outcomes] == [True, False, True]
    assert list(reader.read_many([])) == []


def test_one_photo_or_its_error_without_another_thread(reader, astronaut_file, monkeypatch):
    monkeypatch.setattr("face_gender.reader.ThreadPoolExecutor", None)
    assert len(reader.read_or_error(astronaut_file).faces) == 1
    assert isinstance(reader.read_or_error(b"no picture"), PhotoError)


def test_sixteen_threads_give_the_answers_of_one(reader, astronaut):
    photos = [np.roll(astronaut, shift * 7, axis=1) for shift in range(8)] * 4
    alone = [reader.read(photo).to_dict() for photo in photos]
    with ThreadPoolExecutor(16) as threads:
        assert [result.to_dict() for result in threads.map(reader.read, photos)] == alone


def scored(box=(0.0, 0.0, 5.0, 5.0), label="a", scores=None) -> ScoredFace:
    return ScoredFace(
        Face(box, 1.0, ()), np.zeros((4, 4, 3), np.uint8), scores or {"a": 0.9, "b": 0.1}, label
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: scored(scores={"a": 0.9, "b": 0.9}), "sum to 1"),
        (lambda: scored(label="c"), "label should be one of"),
        (
            lambda: Result(
                Photo(np.zeros((9, 9, 3), np.uint8), 9, 9), (), 1.5, "m", "r", ("a", "b")
            ),
            "threshold should be",
        ),
        (
            lambda: Result(
                Photo(np.zeros((4, 4, 3), np.uint8), 4, 4), (scored(),), 0.5, "m", "r", ("a", "b")
            ),
            "box should lie",
        ),
    ],
)
def test_results_that_make_no_sense_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_wrong_threshold_is_refused_before_anything_is_loaded(threshold):
    with pytest.raises(ValueError, match=r"in 0\.\.1"):
        open_reader(model="nowhere", threshold=threshold)


def test_a_revision_goes_with_its_own_model(monkeypatch, small_model):
    monkeypatch.setenv("MODEL_ID", "user/pets")
    monkeypatch.setenv("MODEL_REVISION", "v1")
    asked = {
        (None, None): ("user/pets", "v1"),
        ("user/cats", None): ("user/cats", ""),
        (None, "v2"): ("user/pets", "v2"),
    }
    for (model, revision), wanted in asked.items():
        settings = asked_model(model, revision)
        assert (settings.model_id, settings.model_revision) == wanted
    with pytest.raises(ValueError, match="is of a model on the Hub, but .* is a folder"):
        open_reader(str(small_model), "v1")


def test_open_reader_takes_a_folder(small_model, astronaut):
    reader = open_reader(str(small_model), threshold=0.0)
    assert reader.labels == LABELS
    assert len(reader.read(astronaut).faces) == 1
