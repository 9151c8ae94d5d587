"""The package: its requirements match what is tested."""

import tomllib

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


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
