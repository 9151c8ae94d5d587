"""README's promises: its code runs, its length holds, its numbers are those of metrics.json."""

import os
import re
import sys
from pathlib import Path

import pytest

from face_gender.ui import snippets
from tests.conftest import ROOT, serve

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def block_with(word: str) -> str:
    (found,) = (block for block in BLOCKS if word in block)
    return found


def lines_of(block: str) -> int:
    return sum(bool(line.strip()) for line in block.splitlines())


def run_block(code: str, capsys) -> str:
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        exec(compile(code, "README.md", "exec"), {})
    finally:
        os.chdir(here)
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def address():
    """The app, started as `make app` starts it, with the bundled model."""
    with serve([sys.executable, "app.py"], ROOT) as address:
        yield address.rstrip("/")


def test_length():
    assert len(README.splitlines()) < 150


def test_the_flow_takes_five_lines(capsys):
    block = block_with("FaceFinder")
    assert lines_of(block) == 5
    assert "'Female'" in run_block(block, capsys)


@pytest.mark.parametrize("example", [snippets.CURL, snippets.JAVASCRIPT])
def test_the_other_calls_are_those_that_are_tested(example):
    """tests/test_api.py runs them."""
    assert example.replace("SPACE", "http://127.0.0.1:7860") in README


@pytest.mark.slow
def test_three_lines_of_pipeline(capsys):
    block = block_with("image-classification")
    assert lines_of(block) == 3
    assert "'score'" in run_block(block, capsys)


@pytest.mark.slow
def test_four_lines_of_gradio_client(address, capsys):
    block = block_with("gradio_client")
    assert lines_of(block) == 4
    said = run_block(block.replace("http://127.0.0.1:7860", address), capsys)
    assert said.count("'Female'") >= 1
    assert said.count("'Male'") >= 1
