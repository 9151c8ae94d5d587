"""One plain POST, as curl sends it: answers, refusals, and what /openapi.json says of them."""

from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError

from face_gender.ui.api import ENDPOINTS
from tests.support.answers import EXAMPLES, assert_valid, post
from tests.support.clips import write_clip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip(astronaut, tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", [astronaut] * 4, rate=4)


def test_one_plain_post(served, reader, astronaut_file, clip):
    """As JSON and CSV, by every endpoint, with the threshold as a parameter or a field."""
    plain = post(served, "predict", astronaut_file)
    assert plain.json() == {**reader.read(astronaut_file).to_dict(), "model": plain.json()["model"]}
    assert_valid(plain.json())
    strict = httpx.post(
        f"{served}predict",
        data={"threshold": 1},
        files={"file": ("a.jpg", astronaut_file.read_bytes())},
        timeout=60,
    )
    assert (strict.json()["threshold"], strict.json()["faces"][0]["label"]) == (1, "uncertain")
    table = post(served, "predict", astronaut_file, threshold=1, format="csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert table.text.splitlines()[1].startswith("astronaut.jpg,ok,1,")
    many = post(served, "predict_batch", EXAMPLES / "cat.jpg", astronaut_file)
    assert [(entry["photo"], entry["status"]) for entry in many.json()] == [
        ("cat.jpg", "no_face"),
        ("astronaut.jpg", "ok"),
    ]
    assert_valid(post(served, "explain", astronaut_file, face=1).json(), "explanation")
    film = post(served, "predict_video", clip, end=1, threshold=0.9)
    assert (film.status_code, film.json()["threshold"]) == (200, 0.9)
    assert_valid(film.json(), "video")
    sheet = post(served, "predict_video", clip, end=0.5, format="csv")
    assert "track_label" in sheet.text.splitlines()[0]


@pytest.mark.parametrize(
    ("endpoint", "content", "values", "status", "words"),
    [
        ("predict", None, {}, 400, "Send the photo as a form's field “file”"),
        ("predict_video", None, {}, 400, "Send the video as a form's field “file”"),
        ("predict", b"not a picture", {}, 422, "not a picture"),
        ("predict", b"x", {"threshold": 2}, 422, "threshold should be a number from 0 to 1, got"),
        ("predict", b"x", {"format": "xml"}, 422, "format should be json or csv, got 'xml'."),
        ("predict", b"x", {"treshold": 1}, 400, "There is no parameter treshold: /predict takes"),
        ("explain", b"x", {"face": 0}, 422, "face should be a number from 1, got '0'."),
        ("nothing", b"x", {}, 404, "There is nothing at this address."),
        ("gradio_api/call/nothing", b"x", {}, 404, "There is no endpoint /nothing: there are"),
        ("gradio_api/call/predict", b"x", {}, 422, "The request should hold JSON such as"),
    ],
)
def test_what_a_post_lacks_is_one_sentence(
    served, tmp_path, endpoint, content, values, status, words
):
    files = []
    if content:
        files = [tmp_path / "a.jpg"]
        files[0].write_bytes(content)
    answer = post(served, endpoint, *files, **values)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert words in answer.json()["detail"]


def test_a_file_given_only_by_name_and_two_for_one(served, astronaut_file):
    named = httpx.post(f"{served}predict", data={"file": "a.jpg"})
    assert (named.status_code, named.json()["detail"].partition(",")[0]) == (
        400,
        "a.jpg is only a name",
    )
    two = post(served, "predict", astronaut_file, astronaut_file)
    assert two.json() == {"detail": "/predict takes one file, got 2: /predict_batch takes many."}


def test_openapi_says_what_the_endpoints_take_and_give(served, astronaut_file):
    told = httpx.get(f"{served}openapi.json").json()
    assert (told["openapi"], list(told["paths"])) == ("3.1.0", [f"/{name}" for name in ENDPOINTS])
    predict = told["paths"]["/predict"]["post"]
    assert [(each["name"], each["schema"]) for each in predict["parameters"]] == [
        ("threshold", {"type": "number", "minimum": 0, "maximum": 1}),
        ("format", {"type": "string", "enum": ["json", "csv"], "default": "json"}),
    ]
    assert {"200", "400", "413", "422", "503"} == predict["responses"].keys()
    answer = post(served, "predict", astronaut_file).json()
    schema = predict["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**told, **schema}).validate(answer)
    with pytest.raises(ValidationError):
        Draft202012Validator({**told, **schema}).validate({**answer, "faces": [{}]})
