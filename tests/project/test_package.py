"""The package: its wheel holds the bundled model, and its requirements match what is tested."""

import json
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LARGEST = 30_000_000  # bytes


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    asked = [line.split(";")[0].strip() for line in lines if "==" in line]
    return {
        Requirement(line).name: next(iter(Requirement(line).specifier)).version for line in asked
    }


@pytest.mark.parametrize(
    ("asked", "pinned"),
    [
        (PROJECT["dependencies"], "space/requirements.txt"),
        (PROJECT["optional-dependencies"]["train"], "requirements.txt"),
        (PROJECT["optional-dependencies"]["scale"][1:], "requirements-scale.txt"),
        (PROJECT["optional-dependencies"]["mcp"], "requirements.txt"),
    ],
    ids=["serving", "train", "scale", "mcp"],
)
def test_what_is_tested_is_within_what_is_asked_for(asked, pinned):
    tested = pins(pinned)
    for line in asked:
        requirement = Requirement(line)
        assert requirement.specifier.contains(tested[requirement.name]), line


def test_serving_asks_for_all_that_the_space_pins():
    assert {Requirement(line).name for line in PROJECT["dependencies"]} == set(
        pins("space/requirements.txt")
    )


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
def test_installed_alone_it_reads_a_photo_from_another_folder(wheel, astronaut_file, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / "bin"
    install = [binaries / "python", "-m", "pip", "install", "--quiet"]
    needed = ["--requirement", ROOT / "space" / "requirements.txt"]
    done = subprocess.run([*install, *needed, wheel], capture_output=True, text=True)
    if done.returncode and (
        "Could not find a version" in done.stderr or "No matching" in done.stderr
    ):
        pytest.skip("the requirements cannot be installed here")
    assert not done.returncode, done.stderr
    shutil.copy(astronaut_file, tmp_path / "photo.jpg")
    for command in ([binaries / "face-gender"], [binaries / "python", "-m", "face_gender"]):
        read = [*command, "photo.jpg", "--json", "out.json"]
        done = subprocess.run(read, cwd=tmp_path, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        (record,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
        assert [face["label"] for face in record["faces"]] == ["Female"]
        (tmp_path / "out.json").unlink()
