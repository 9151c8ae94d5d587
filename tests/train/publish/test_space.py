"""`make space` against the Hub on loopback, which runs the Space; clients then ask it by name."""

import json
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from tests.hub import Fault, Hub

MODEL, SPACE, TAG = "user/face-gender", "user/faces", "v0.1.0"


def deploy(
    hub: Hub, home: Path, *words: str, token: str = "hf_test", cwd: Path = ROOT
) -> subprocess.CompletedProcess:
    line = [sys.executable, "-W", "ignore", "-m", "train.publish.space", "--to", SPACE, *words]
    environ = {**hub.environ(home, token), "PYTHONPATH": str(ROOT)}
    return subprocess.run(line, cwd=cwd, env=environ, capture_output=True, text=True, timeout=180)


@pytest.fixture
def checkout(small_model, tmp_path) -> Path:
    """A folder with space/ as it is, and a small bundled model."""
    folder = tmp_path / "checkout"
    shutil.copytree(
        ROOT / "space", folder / "space", ignore=shutil.ignore_patterns("model", "__pycache__")
    )
    shutil.copytree(small_model, folder / "space" / "model")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "token", "said"),
    [
        (("--model_id", MODEL), "hf_test", "Name the Space's model"),
        (("--model_revision", TAG), "hf_test", "Name the Space's model"),
        (("--model_id", MODEL, "--model_revision", "main"), "hf_test", "a tag or a commit"),
        (("--model_id", MODEL, "--model_revision", "v9"), "hf_test", "no revision"),
        (("--model_id", MODEL, "--model_revision", TAG), "", "hf auth login"),
        (("--model_id", "user/torch-only", "--model_revision", TAG), "hf_test", "no ONNX file"),
        (("--model_id", MODEL, "--model_revision", "v9", "--dry-run"), "", "no revision"),
        (
            ("--model_id", "user/none", "--model_revision", TAG, "--dry-run"),
            "",
            "none of this name",
        ),
    ],
)
def test_what_is_not_deployed(hub, small_model, tmp_path, words, token, said):
    hub.add(MODEL, small_model, TAG)
    shutil.copytree(small_model, tmp_path / "torch", ignore=shutil.ignore_patterns("*.onnx"))
    hub.add("user/torch-only", tmp_path / "torch", TAG)
    done = deploy(hub, tmp_path, *words, token=token)
    assert done.returncode == 1
    assert said in done.stderr.strip().splitlines()[-1]
    assert f"spaces/{SPACE}" not in hub.repos


@pytest.mark.slow
def test_dry_run_without_token_asks_for_the_model_and_no_more(hub, small_model, tmp_path):
    hub.add(MODEL, small_model, TAG)
    done = deploy(
        hub, tmp_path, "--model_id", MODEL, "--model_revision", TAG, "--dry-run", token=""
    )
    assert done.returncode == 0, done.stderr
    assert "face_gender/reader.py" in done.stdout
    assert f"{SPACE} with MODEL_ID={MODEL} MODEL_REVISION={TAG}" in done.stdout
    assert all(asked.startswith(f"GET /api/models/{MODEL}") for asked in hub.asked)


@pytest.mark.slow
def test_deployed_and_asked_by_name(hub, small_model, astronaut_file, checkout, tmp_path):
    """The Space starts, pulls its model and answers; a second deployment removes old files."""
    commit = hub.add(MODEL, small_model, TAG)
    words = ("--model_id", MODEL, "--model_revision", TAG)
    (checkout / "space" / "gone.txt").write_text("")
    done = deploy(hub, tmp_path, *words, cwd=checkout)
    assert done.returncode == 0, done.stderr + (hub.space.log() if hub.space else "")
    repo = hub.repos[f"spaces/{SPACE}"]
    assert repo.variables == {"MODEL_ID": MODEL, "MODEL_REVISION": TAG}
    assert done.stdout.splitlines()[-1] == f"{SPACE} runs: {hub.space.host}"
    asked = subprocess.run(
        [sys.executable, "-c", ASK.format(space=SPACE, photo=str(astronaut_file))],
        env=hub.environ(tmp_path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    answer = json.loads(asked.stdout.splitlines()[-1])
    assert (answer["model"], answer["revision"], len(answer["faces"])) == (MODEL, commit, 1)
    assert f"{MODEL} at {TAG} answers, pulled from the Hub." in hub.space.log()
    with urlopen(f"{hub.space.host}/config") as page:
        assert f"{MODEL} at {TAG} answers, pulled from the Hub." in page.read().decode()
    assert load_with_gradio(hub, tmp_path, astronaut_file) == answer
    (checkout / "space" / "gone.txt").unlink()
    assert deploy(hub, tmp_path, *words, cwd=checkout).returncode == 0
    files = repo.commits[repo.branches["main"]]
    assert "gone.txt" not in files
    assert files["app.py"] == (ROOT / "space" / "app.py").read_bytes()
    assert not [path for path in files if "__pycache__" in path]


@pytest.mark.slow
def test_a_space_that_falls_back_is_no_success(hub, small_model, checkout, tmp_path):
    hub.add(MODEL, small_model, TAG)
    hub.faults = [Fault("(GET|HEAD) .*config.json", 403)]
    done = deploy(hub, tmp_path, "--model_id", MODEL, "--model_revision", TAG, cwd=checkout)
    assert done.returncode == 1
    assert "does not serve user/face-gender: bundled" in done.stderr
    assert "The bundled model answers. The model 'user/face-gender' could" in hub.space.log()


@pytest.mark.slow
def test_a_space_that_does_not_start(hub, small_model, checkout, tmp_path):
    hub.add(MODEL, small_model, TAG)
    (checkout / "space" / "app.py").write_text("raise SystemExit('broken')\n")
    done = deploy(hub, tmp_path, "--model_id", MODEL, "--model_revision", TAG, cwd=checkout)
    assert done.returncode == 1
    assert "RUNTIME_ERROR" in done.stderr


def load_with_gradio(hub: Hub, home: Path, photo: Path) -> dict:
    """`gr.load` by name -> its answer; it looks on huggingface.co, which the Hub plays."""
    key, certificate = home / "key.pem", home / "certificate.pem"
    names = ["-subj", "/CN=huggingface.co", "-addext", "subjectAltName=DNS:huggingface.co"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    openssl = shutil.which("openssl") or pytest.skip("openssl makes the certificate")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *names],
        check=True,
        capture_output=True,
    )
    hub.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    hub.tls.load_cert_chain(certificate, key)
    proxy = {"HTTPS_PROXY": hub.url, "NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": str(certificate)}
    asked = subprocess.run(
        [sys.executable, "-c", LOAD.format(space=SPACE, photo=str(photo))],
        env={**hub.environ(home), **proxy}, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout.splitlines()[-1])


LOAD = """
import json
import gradio as gr
faces = gr.load({space!r}, src="spaces")
print(json.dumps(faces({photo!r}, None, "json", api_name="predict")))
"""

ASK = """
import json
from gradio_client import Client, handle_file
client = Client({space!r}, verbose=False)
print(json.dumps(client.predict(handle_file({photo!r}), api_name="/predict")))
"""
