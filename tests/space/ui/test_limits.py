"""What is too much is refused in a sentence, and what was sent is forgotten in time."""

import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.utils import QueueError

from face_gender.ui import controls
from face_gender.ui.api import ENDPOINTS
from tests.conftest import ROOT, serve
from tests.support.answers import EXAMPLES, assert_valid, post

pytestmark = pytest.mark.slow


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
            packed.write(EXAMPLES / "cat.jpg", name)
    client = Client(served_small_uploads, verbose=False, ssl_verify=False)
    (answer,) = client.predict([handle_file(tmp_path / "two.zip")], api_name="/predict_batch")
    assert (answer["photo"], answer["status"]) == (
        "two.zip",
        "error: The zip holds more than the 1 files allowed.",
    )
    assert_valid(answer, "record")


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
