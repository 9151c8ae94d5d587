"""The API as gradio_client meets it: the reader's answers, or errors of one sentence."""

import zipfile

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.support.answers import EXAMPLES, assert_valid

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(served) -> Client:
    return Client(served, verbose=False, ssl_verify=False)


def test_predict_is_what_the_reader_says(client, reader, astronaut_file):
    answer = client.predict(handle_file(astronaut_file), api_name="/predict")
    assert answer == {**reader.read(astronaut_file).to_dict(), "model": answer["model"]}
    assert_valid(answer)


def test_batch(client, reader, astronaut_file, tmp_path):
    assert client.predict([], api_name="/predict_batch") == []
    (tmp_path / "broken.jpg").write_bytes(b"no")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as packed:
        packed.write(EXAMPLES / "cat.jpg", "cat.jpg")
    files = [tmp_path / "broken.jpg", tmp_path / "some.zip", astronaut_file]
    answers = client.predict([handle_file(file) for file in files], api_name="/predict_batch")
    assert [(answer["photo"], answer["status"].split(":")[0]) for answer in answers] == [
        ("broken.jpg", "error"),
        ("cat.jpg", "no_face"),
        ("astronaut.jpg", "ok"),
    ]
    assert answers[2]["faces"] == reader.read(astronaut_file).to_dict()["faces"]
    for answer in answers:
        assert_valid(answer, "record")


def test_explain(client, reader, astronaut_file):
    result = reader.read(astronaut_file)
    answer = client.predict(handle_file(astronaut_file), api_name="/explain")
    assert {name: answer[name] for name in ("face", "box", "label")} == {
        name: result.to_dict()["faces"][0][name] for name in ("face", "box", "label")
    }
    assert answer["drops"] == reader.explain(result.faces[0]).round(4).tolist()
    assert_valid(answer, "explanation")


@pytest.mark.parametrize(
    ("arguments", "endpoint", "words"),
    [
        ((b"not a picture",), "/predict", "not a picture"),
        ((b"",), "/predict", "empty"),
        ((None,), "/predict", "Send a photo."),
        (("cat.jpg", 1), "/explain", "no face 1: 0 were found"),
        (("astronaut.jpg", 2), "/explain", "no face 2: 1 were found"),
    ],
)
def test_errors_are_one_sentence(client, tmp_path, arguments, endpoint, words):
    first, *rest = arguments
    if isinstance(first, bytes):
        (tmp_path / "photo.jpg").write_bytes(first)
        first = handle_file(tmp_path / "photo.jpg")
    elif first:
        first = handle_file(EXAMPLES / first)
    with pytest.raises(AppError, match=words) as caught:
        client.predict(first, *rest, api_name=endpoint)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("x.jpg", r'x\.jpg is only a name.*handle_file\("x.jpg"\)'),
        ({"path": "/etc/passwd"}, "passwd is only a name"),
        ({"url": "https://example.com/x.jpg"}, "Addresses are not fetched here"),
        (5, "A photo should be a file, got 5."),
    ],
)
def test_what_is_no_file_is_one_sentence(client, sent, words):
    for endpoint in ("/predict", "/explain", "/predict_batch"):
        with pytest.raises(AppError, match=words):
            client.predict(sent, api_name=endpoint)


def test_only_these_are_offered_each_named_and_described(client):
    offered = client.view_api(return_format="dict")["named_endpoints"]
    assert list(offered) == ["/predict", "/predict_batch", "/explain", "/predict_video"]
    for endpoint in offered.values():
        assert endpoint["description"]
        assert endpoint["parameters"][0]["parameter_name"] in ("photo", "photos", "video")
    assert offered["/explain"]["parameters"][1]["parameter_default"] == 1
