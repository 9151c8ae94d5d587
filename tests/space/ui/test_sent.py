"""What a request names as a file or a number: read, or refused in a sentence."""

import re
from base64 import b64encode

import gradio as gr
import pytest

from face_gender.photo import PhotoError
from face_gender.ui import strings
from face_gender.ui.sent import in_a_sentence, sent_choice, sent_file, sent_files, sent_number

CONTENT = bytes(range(256)) * 2
BASE64 = b64encode(CONTENT).decode()


@pytest.fixture(autouse=True)
def uploads(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads" / "abc").mkdir(parents=True)
    (tmp_path / "uploads" / "abc" / "a b.jpg").write_bytes(b"photo")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "uploads" / "abc" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    return tmp_path / "uploads"


@pytest.mark.parametrize(
    "sent",
    [
        "{}/abc/a b.jpg",
        {"path": "{}/abc/a b.jpg"},
        {"path": None, "url": "http://127.0.0.1:7860/gradio_api/file={}/abc/a%20b.jpg"},
        "https://any.site/faces/gradio_api/file={}/abc/a%20b.jpg",
    ],
)
def test_an_upload_is_named_by_its_path_or_address(uploads, sent):
    filled = (
        {name: text and text.format(uploads) for name, text in sent.items()}
        if isinstance(sent, dict)
        else sent.format(uploads)
    )
    assert sent_file(filled, "photo").read_bytes() == b"photo"
    assert sent_files(filled, "photo") == sent_files([filled], "photo")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (f"data:image/jpeg;base64,{BASE64}", "photo1.jpg"),
        ({"path": "", "url": f"data:image/png;base64,{BASE64}"}, "photo1.png"),
        (BASE64, "photo1"),
        (b64encode(b"PK\x03\x04" + CONTENT).decode(), "photo1.zip"),
    ],
)
def test_base64_becomes_a_file_among_the_uploads(uploads, sent, name):
    path = sent_file(sent, "photo")
    assert path.name == name
    assert path.read_bytes().endswith(CONTENT)
    assert uploads in path.parents


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (None, "Send a photo."),
        ("", "Send a photo."),
        ({}, "Send a photo."),
        ("x.jpg", "x.jpg is only a name, and no photo was uploaded under it."),
        ({"path": "C:\\me\\x.jpg"}, "x.jpg is only a name"),
        ("{}/../secret.jpg", "secret.jpg is only a name"),
        ("{}/abc/link.jpg", "link.jpg is only a name"),
        ("x.jpg\0", "x.jpg is only a name"),
        ("http://any.site/gradio_api/file=/etc/passwd", "passwd is only a name"),
        ("https://any.site/x.jpg", strings.SEND_THE_FILE),
        ({"url": "https://any.site/x.jpg"}, strings.SEND_THE_FILE),
        ("data:image/jpeg;base64,%%%", "not valid base64"),
        ("!" * 300, "not valid base64"),
        (5, "should be a file, got 5."),
        ([1], "should be a file, got"),
        ({"a": {"b": 1}}, "Send a photo."),
        ({"path": ["x"]}, "should be a file, got"),
    ],
)
def test_what_names_no_upload_is_refused_in_a_sentence(uploads, sent, said):
    sent = sent.replace("{}", str(uploads)) if isinstance(sent, str) else sent
    with pytest.raises(PhotoError, match=re.escape(said)) as told:
        sent_file(sent, "photo")
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("sent", "number"), [(None, 0.5), ("", 0.5), (0, 0.0), ("0.7", 0.7), (1, 1.0)]
)
def test_numbers(sent, number):
    assert sent_number(sent, "threshold", 0.5, high=1) == number


@pytest.mark.parametrize("sent", ["a", -0.1, 1.1, "nan", "inf", True, [], {}])
def test_what_is_no_number_is_refused_in_a_sentence(sent):
    with pytest.raises(PhotoError, match=r"^threshold should be a number from 0 to 1, got .*\.$"):
        sent_number(sent, "threshold", 0.5, high=1)


def test_choices():
    assert [sent_choice(sent, "format", ("json", "csv")) for sent in (None, "csv")] == [
        "json",
        "csv",
    ]
    with pytest.raises(PhotoError, match=r"^format should be json or csv, got 'xml'\.$"):
        sent_choice("xml", "format", ("json", "csv"))


@pytest.mark.parametrize(
    ("error", "said"), [(PhotoError("Too dark."), "Too dark."), (KeyError("x"), strings.OUR_FAULT)]
)
def test_every_error_of_an_endpoint_is_a_sentence(error, said):
    @in_a_sentence
    def endpoint() -> None:
        raise error

    with pytest.raises(gr.Error) as told:
        endpoint()
    assert (told.value.message, told.value.print_exception) == (said, said == strings.OUR_FAULT)
