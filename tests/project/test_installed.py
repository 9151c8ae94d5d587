"""What is installed alone, with no more than it asks for: the Space's folder and the wheel."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from tests.conftest import ROOT, serve

SPACE = ROOT / "space"
MEGABYTES = 700
LARGEST = 30_000_000  # bytes


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A copy of space/ in an empty folder, and an environment with its requirements only."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(SPACE, folder / "space", ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--requirement",
        folder / "space" / "requirements.txt",
    ]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(
            f"the requirements cannot be installed here: {done.stderr.strip().splitlines()[-1]}"
        )
    return folder


@pytest.mark.slow
def test_installed_size(alone):
    size = sum(path.lstat().st_size for path in (alone / "venv").rglob("*"))
    assert size <= MEGABYTES * 1_000_000


@pytest.mark.slow
def test_copy_alone_serves(alone, small_model, astronaut_file):
    command = [str(alone / "venv" / "bin" / "python"), "app.py"]
    with serve(
        command,
        alone / "space",
        MODEL_ID=small_model,
        GRADIO_TEMP_DIR=alone / "cache",
        HF_HUB_OFFLINE=1,
    ) as address:
        answer = Client(address, verbose=False).predict(
            handle_file(astronaut_file), api_name="/predict"
        )
    assert len(answer["faces"]) == 1


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "space", source / "space", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        built,
        source,
    ]
    done = subprocess.run(build, capture_output=True, text=True)
    if "Could not find a version" in done.stderr or "No matching distribution" in done.stderr:
        pytest.skip(
            f"the build tool cannot be installed here: {done.stderr.strip().splitlines()[-1]}"
        )
    assert not done.returncode, done.stderr
    return next(built.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_model_and_no_weights_for_training(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = ("README.md", "config.json", "metrics.json", "model.onnx", "preprocessor_config.json")
    assert {f"face_gender/model/{name}" for name in kept} <= names
    assert not [
        name
        for name in names
        if name.endswith(".safetensors") or name.startswith(("train/", "tests/"))
    ]
    assert wheel.stat().st_size < LARGEST


@pytest.mark.slow
def test_installed_alone_it_reads_a_photo_from_another_folder(
    alone, wheel, astronaut_file, tmp_path
):
    binaries = alone / "venv" / "bin"
    install = [binaries / "python", "-m", "pip", "install", "--quiet", wheel]
    done = subprocess.run(install, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    shutil.copy(astronaut_file, tmp_path / "photo.jpg")
    for command in ([binaries / "face-gender"], [binaries / "python", "-m", "face_gender"]):
        read = [*command, "photo.jpg", "--json", "out.json"]
        done = subprocess.run(read, cwd=tmp_path, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        (record,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
        assert [face["label"] for face in record["faces"]] == ["Female"]
        (tmp_path / "out.json").unlink()
