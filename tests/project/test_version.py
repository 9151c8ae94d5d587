"""One version in code, tags, MODEL_REVISION and change log; the workflows that publish it."""

import re
import subprocess

import pytest
import yaml

from face_gender.settings import VERSION
from tests.conftest import ROOT
from train.publish.upload import TAG

RELEASED = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def output(*words: str) -> str:
    return subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_tag_is_the_version():
    assert f"v{VERSION}" == TAG
    assert output("make", "-s", "version") == VERSION


def test_change_log_leads_to_it():
    assert sorted(RELEASED, key=numbers, reverse=True) == RELEASED
    assert all(numbers(released) <= numbers(VERSION) for released in RELEASED)


def test_a_tagged_commit_has_its_version_and_its_changes():
    tags = [
        tag
        for tag in output("git", "tag", "--points-at", "HEAD").split()
        if re.fullmatch(r"v\d.*", tag)
    ]
    assert tags in ([], [TAG])
    assert not tags or VERSION in RELEASED


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "Makefile", "space/README.md", *WORKFLOWS]
)
def test_no_other_version_is_named(name):
    text = WORKFLOWS.get(name) or (ROOT / name).read_text()
    named = set(re.findall(r"\bv\d+\.\d+\.\d+\b", text)) - {"v1.2.3"}  # which stands for any
    assert named <= {TAG}


def test_workflows():
    assert set(WORKFLOWS) == {"test", "release"}
    test, release = (yaml.safe_load(WORKFLOWS[name]) for name in ("test", "release"))
    assert test["jobs"]["test"]["steps"][-1] == {"run": ".ci/run"}
    assert release[True]["push"] == {"tags": ["v*"]}  # YAML 1.1 reads `on` as true
    publish = release["jobs"]["publish"]
    assert publish["needs"] == "test"
    assert publish["permissions"]["id-token"] == "write"
    assert "secrets." not in "".join(WORKFLOWS.values())
    commands = [step["run"] for step in publish["steps"] if "run" in step]
    assert [command.split()[1] for command in commands if command.startswith("make")] == [
        "install",
        "publish",
        "space",
    ]


def test_space_front_matter_agrees_with_the_pins():
    front = yaml.safe_load((ROOT / "space" / "README.md").read_text().split("---")[1])
    pins = dict(
        line.split("==")
        for line in (ROOT / "space" / "requirements.txt").read_text().splitlines()
        if "==" in line
    )
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == pins["gradio"]
    assert (
        front["python_version"]
        == yaml.safe_load(WORKFLOWS["test"])["jobs"]["test"]["steps"][1]["with"]["python-version"]
    )
    assert (ROOT / "space" / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60
