"""The API as clients meet it: the reader's answers, in the schema's form; one-sentence errors."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
import zipfile
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError
from jsonschema import Draft202012Validator, ValidationError

from face_gender.ui import controls, snippets, strings
from face_gender.ui.api import ENDPOINTS
from tests.conftest import ROOT, serve
from tests.support.clips import write_clip

SPACE = ROOT / "space"
SCHEMA = json.loads((SPACE / "face_gender" / "result.schema.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(served) -> Client:
    return Client(served, verbose=False, ssl_verify=False)


@pytest.fixture(scope="module")
def clip(astronaut, tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", [astronaut] * 4, rate=4)


def assert_valid(answer, part: str = "") -> None:
    schema = {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{part}"} if part else SCHEMA
    Draft202012Validator(schema).validate(answer)


def test_predict_is_what_the_reader_says(client, reader, astronaut_file):
    answer = client.predict(handle_file(astronaut_file), api_name="/predict")
    assert answer == {**reader.read(astronaut_file).to_dict(), "model": answer["model"]}
    assert_valid(answer)


def test_batch(client, reader, astronaut_file, tmp_path):
    assert client.predict([], api_name="/predict_batch") == []
    (tmp_path / "broken.jpg").write_bytes(b"no")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as packed:
        packed.write(SPACE / "examples" / "cat.jpg", "cat.jpg")
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
        first = handle_file(SPACE / "examples" / first)
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


def post(address: str, endpoint: str, *files: Path, **values: object) -> httpx.Response:
    """Files and values -> the answer to one plain POST."""
    parts = [("file", (file.name, file.read_bytes())) for file in files]
    return httpx.post(f"{address}{endpoint}", params=values, files=parts, timeout=60)


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
    many = post(served, "predict_batch", SPACE / "examples" / "cat.jpg", astronaut_file)
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


def test_too_large_is_one_sentence(served_small_uploads, tmp_path):
    (tmp_path / "large.jpg").write_bytes(b"x" * 1_500_000)
    client = Client(served_small_uploads, verbose=False, ssl_verify=False)
    with pytest.raises(
        ValueError, match=r"large\.jpg exceeds the maximum file size of 1048576 bytes"
    ):
        client.predict(handle_file(tmp_path / "large.jpg"), api_name="/predict")
    refused = post(served_small_uploads, "predict", tmp_path / "large.jpg")
    assert (refused.status_code, refused.json()["detail"]) == (
        413,
        "File size exceeded maximum allowed size of 1048576 bytes.",
    )
    with (tmp_path / "large.jpg").open("rb") as file:  # as gradio_client sends it
        answer = httpx.post(f"{served_small_uploads}gradio_api/upload", files={"files": file})
    assert (answer.status_code, answer.text) == (
        413,
        "File size exceeded maximum allowed size of 1048576 bytes.",
    )


def test_every_threshold_can_be_set(served_small_uploads):
    parts = httpx.get(f"{served_small_uploads}config").json()["components"]
    boxes = [part["props"] for part in parts if part["props"].get("label") == "threshold"]
    assert len(boxes) == len(ENDPOINTS)
    assert {(box["minimum"], box["maximum"]) for box in boxes} == {(0, 1)}
    # Below 1 / classes the slider on the page would change nothing.
    assert 'min="0.5" max="1"' in controls.threshold(0.6, ("Male", "Female"), 0.6)


def test_a_zip_of_too_many_is_refused_by_the_environments_limit(served_small_uploads, tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for name in ("a.jpg", "b.jpg"):
            packed.write(SPACE / "examples" / "cat.jpg", name)
    client = Client(served_small_uploads, verbose=False, ssl_verify=False)
    (answer,) = client.predict([handle_file(tmp_path / "two.zip")], api_name="/predict_batch")
    assert (answer["photo"], answer["status"]) == (
        "two.zip",
        "error: The zip holds more than the 1 files allowed.",
    )
    assert_valid(answer, "record")


def test_only_these_are_offered_each_named_and_described(client):
    offered = client.view_api(return_format="dict")["named_endpoints"]
    assert list(offered) == ["/predict", "/predict_batch", "/explain", "/predict_video"]
    for endpoint in offered.values():
        assert endpoint["description"]
        assert endpoint["parameters"][0]["parameter_name"] in ("photo", "photos", "video")
    assert offered["/explain"]["parameters"][1]["parameter_default"] == 1


NODE = ["node", "--input-type=module", "-e"]
COMMANDS = {"python": [sys.executable, "-c"], "bash": ["bash", "-c"], "javascript": NODE}


def run_example(command: list[str], code: str, folder: Path) -> str:
    """Code of an example -> what it prints, run beside a photo.jpg."""
    if not shutil.which(command[0]) or (command[0] == "bash" and not shutil.which("curl")):
        pytest.skip(f"{command[0]} or what it needs is not installed")
    done = subprocess.run([*command, code], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def beside(astronaut_file, tmp_path_factory) -> Path:
    """A folder with the photo that examples name."""
    folder = tmp_path_factory.mktemp("beside")
    shutil.copyfile(astronaut_file, folder / "photo.jpg")
    return folder


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("python", snippets.PYTHON),
        ("bash", snippets.CURL),
        ("javascript", snippets.JAVASCRIPT),
        ("page's python", ""),
        ("page's bash", ""),
        ("page's javascript", ""),
    ],
)
def test_examples_run(served, reader, astronaut_file, beside, kind, code):
    """Those on the About tab, in the docs, and on the page of the API."""
    kind = kind.removeprefix("page's ")
    if not code:
        told = httpx.get(f"{served}gradio_api/info").json()["named_endpoints"]
        code = told["/predict"]["code_snippets"][kind]
    said = run_example(COMMANDS[kind], code.replace("SPACE", served.rstrip("/")), beside)
    face = reader.read(astronaut_file).to_dict()["faces"][0]
    assert str(face["scores"]["Female"]) in said


def test_the_pages_examples_name_files_that_are_sent(served, tmp_path):
    told = httpx.get(f"{served}gradio_api/info").json()["named_endpoints"]
    for endpoint in told.values():
        for code in endpoint["code_snippets"].values():
            assert "sample_file.pdf" not in code
    code = told["/predict_batch"]["code_snippets"]["bash"]
    shutil.copyfile(SPACE / "examples" / "cat.jpg", tmp_path / "photo.jpg")
    assert '"status":"no_face"' in run_example(COMMANDS["bash"], code, tmp_path)


def test_full_queue_is_said_and_what_was_taken_is_answered(small_model, astronaut_file, tmp_path):
    with serve(
        [sys.executable, "app.py"],
        ROOT,
        MODEL_ID=small_model,
        MAX_QUEUE=2,
        GRADIO_TEMP_DIR=tmp_path,
    ) as address:
        clients = [Client(address, verbose=False, ssl_verify=False) for _ in range(12)]

        def ask(client: Client) -> str:
            try:
                found = client.predict(handle_file(astronaut_file), api_name="/predict")
                return f"{len(found['faces'])} face"
            except QueueError as error:
                return str(error)

        with ThreadPoolExecutor(2 * len(clients)) as pool:
            posted = [pool.submit(post, address, "predict", astronaut_file) for _ in clients]
            answers = list(pool.map(ask, clients))
            plain = [each.result() for each in posted]
    full = [answer for answer in plain if answer.status_code != 200]
    assert full
    assert {answer.status_code for answer in full} == {503}
    assert {answer.headers["retry-after"] for answer in full} == {"5"}
    assert {answer.json()["detail"] for answer in full} == {
        "Too many requests wait already: please try again in 5 seconds."
    }
    refused = [answer for answer in answers if answer != "1 face"]
    assert 0 < len(refused) < len(answers)
    assert all("Queue is full" in answer for answer in refused)


def test_uploads_are_purged(small_model, astronaut_file, tmp_path):
    with serve(
        [sys.executable, "app.py"],
        ROOT,
        MODEL_ID=small_model,
        KEPT_SECONDS=10,
        GRADIO_TEMP_DIR=tmp_path,
    ) as address:
        client = Client(address, verbose=False, ssl_verify=False)
        client.predict(handle_file(astronaut_file), api_name="/predict")
        assert any(path.is_file() for path in tmp_path.rglob("*"))
        end = time.monotonic() + 60
        while time.monotonic() < end and any(path.is_file() for path in tmp_path.rglob("*")):
            time.sleep(0.5)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_sessions_that_nobody_uses_are_forgotten():
    command = [sys.executable, "-m", "tests.support.forgotten"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


TOOLS = pytest.mark.skipif(find_spec("mcp") is None, reason="tools need `pip install gradio[mcp]`")


@TOOLS
def test_every_tool_takes_what_its_schema_asks_for(served, reader, astronaut_file, clip):
    """By upload, by its address, as a data: address and in base64; every answer is JSON."""
    content = astronaut_file.read_bytes()
    base64 = b64encode(content).decode()
    (uploaded,) = httpx.post(f"{served}gradio_api/upload", files={"files": content}).json()
    ways = [uploaded, f"{served}gradio_api/file={uploaded}", f"data:image/jpeg;base64,{base64}"]
    ways.append(base64)
    clip = clip.read_bytes()
    calls = [("predict", {"photo": photo}) for photo in ways]
    calls += [
        ("predict", {"photo": base64, "threshold": 1, "format": "csv"}),
        ("predict_batch", {"photos": ways, "threshold": 0.9}),
        ("explain", {"photo": base64, "face": 1}),
        ("predict_video", {"video": b64encode(clip).decode(), "end": 1}),
        ("predict", {"photo": "x.jpg"}),
        ("predict", {"photo": "https://example.com/x.jpg"}),
    ]
    tools, answers = asyncio.run(call_tools(served, calls))
    assert list(tools) == ["predict", "predict_batch", "explain", "predict_video"]
    for tool in tools.values():
        assert "perceived gender" in tool.description
        Draft202012Validator.check_schema(tool.inputSchema)
        assert "$ref" not in json.dumps(tool.inputSchema)
    assert [answer.isError for answer in answers] == [False] * 8 + [True] * 2
    said = [answer.content[0].text for answer in answers]
    face = reader.read(astronaut_file).to_dict()["faces"][0]
    assert [json.loads(text)["faces"] for text in said[:4]] == [[face]] * 4
    assert ",uncertain," in said[4]
    many, explained, film = map(json.loads, said[5:8])
    assert [entry["faces"][0]["scores"] for entry in many] == [face["scores"]] * 4
    assert {entry["threshold"] for entry in many} == {0.9}
    assert_valid(explained, "explanation")
    assert film["summary"]["seconds"] <= 1
    assert "x.jpg is only a name" in said[8]
    assert said[9] == strings.SEND_THE_FILE


async def call_tools(address: str, calls: list[tuple[str, dict]]) -> tuple[dict, list]:
    """Calls by a tool's name and arguments -> the tools by name, and the answers."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        streamable_http_client(f"{address}gradio_api/mcp/") as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        tools = (await session.list_tools()).tools
        named = {tool.name.removeprefix("face_gender_"): tool for tool in tools}
        answers = [await session.call_tool(named[name].name, asked) for name, asked in calls]
        return named, answers
