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

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError
from jsonschema import Draft202012Validator

from face_gender.ui import snippets
from tests.conftest import ROOT, serve

SPACE = ROOT / "space"
SCHEMA = json.loads((SPACE / "face_gender" / "result.schema.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(served) -> Client:
    return Client(served, verbose=False, ssl_verify=False)


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


def test_too_large_is_one_sentence(served_small_uploads, tmp_path):
    (tmp_path / "large.jpg").write_bytes(b"x" * 1_500_000)
    client = Client(served_small_uploads, verbose=False, ssl_verify=False)
    with pytest.raises(
        ValueError, match=r"large\.jpg exceeds the maximum file size of 1048576 bytes"
    ):
        client.predict(handle_file(tmp_path / "large.jpg"), api_name="/predict")
    with (tmp_path / "large.jpg").open("rb") as file:  # as curl and JavaScript send it
        answer = httpx.post(f"{served_small_uploads}gradio_api/upload", files={"files": file})
    assert (answer.status_code, answer.text) == (
        413,
        "File size exceeded maximum allowed size of 1048576 bytes.",
    )


def test_every_threshold_can_be_set(served_small_uploads):
    parts = httpx.get(f"{served_small_uploads}config").json()["components"]
    (slider,) = (part["props"] for part in parts if part["type"] == "slider")
    assert (slider["minimum"], slider["maximum"]) == (0, 1)


def test_a_zip_of_too_many_is_refused_by_the_environments_limit(served_small_uploads, tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for name in ("a.jpg", "b.jpg"):
            packed.write(SPACE / "examples" / "cat.jpg", name)
    client = Client(served_small_uploads, verbose=False, ssl_verify=False)
    (answer,) = client.predict([handle_file(tmp_path / "two.zip")], api_name="/predict_batch")
    assert answer == {
        "photo": "two.zip",
        "status": "error: The zip holds more than the 1 files allowed.",
    }


def test_only_the_three_are_offered_each_named_and_described(client):
    offered = client.view_api(return_format="dict")["named_endpoints"]
    assert list(offered) == ["/predict", "/predict_batch", "/explain", "/predict_video"]
    for endpoint in offered.values():
        assert endpoint["description"]
        assert endpoint["parameters"][0]["parameter_name"] in ("photo", "photos", "video")
    assert offered["/explain"]["parameters"][1]["parameter_default"] == 1


NODE = ["node", "--input-type=module", "-e"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([sys.executable, "-c"], snippets.PYTHON),
        (["bash", "-c"], snippets.CURL),
        (NODE, snippets.JAVASCRIPT),
    ],
    ids=["python", "curl", "javascript"],
)
def test_examples_run(served, reader, astronaut_file, command, code):
    if not shutil.which(command[0]) or (command[0] == "bash" and not shutil.which("curl")):
        pytest.skip(f"{command[0]} or what it needs is not installed")
    code = code.replace("SPACE", served.rstrip("/")).replace("photo.jpg", astronaut_file.name)
    done = subprocess.run(
        [*command, code], cwd=astronaut_file.parent, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    face = reader.read(astronaut_file).to_dict()["faces"][0]
    assert face["label"] in done.stdout
    assert str(face["scores"]["Female"]) in done.stdout


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

        with ThreadPoolExecutor(len(clients)) as pool:
            answers = list(pool.map(ask, clients))
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


@pytest.mark.skipif(find_spec("mcp") is None, reason="the tools need `pip install gradio[mcp]`")
def test_tools_for_assistants(served, reader, astronaut_file):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    photo = "data:image/jpeg;base64," + b64encode(astronaut_file.read_bytes()).decode()

    async def ask() -> tuple[dict[str, str], str]:
        async with (
            streamable_http_client(f"{served}gradio_api/mcp/") as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            answer = await session.call_tool(tools[0].name, {"photo": photo})
            return {tool.name: tool.description for tool in tools}, answer.content[0].text

    tools, said = asyncio.run(ask())
    assert [name.removeprefix("face_gender_") for name in tools] == [
        "predict",
        "predict_batch",
        "explain",
        "predict_video",
    ]
    assert all("perceived gender" in told for told in tools.values())
    assert str(reader.read(astronaut_file).to_dict()["faces"][0]["scores"]["Female"]) in said
