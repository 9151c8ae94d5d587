"""Examples on the About tab, in the docs and on the API's page run as they stand."""

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from face_gender.ui import snippets
from tests.support.answers import EXAMPLES

pytestmark = pytest.mark.slow


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
    shutil.copyfile(EXAMPLES / "cat.jpg", tmp_path / "photo.jpg")
    assert '"status":"no_face"' in run_example(COMMANDS["bash"], code, tmp_path)
