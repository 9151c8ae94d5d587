"""README and docs/api.md: their Python runs, their calls are those that are tested elsewhere."""

import os
import re
import sys
from pathlib import Path

import pytest

from face_gender.ui import snippets
from tests.conftest import ROOT, serve

README, API = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/api.md"))
ADDRESS = "http://127.0.0.1:7860"


def block_with(word: str, text: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (found,) = (block for block in blocks if word in block)
    return found


def lines_of(block: str) -> int:
    return sum(bool(line.strip()) for line in block.splitlines())


def run_block(code: str, capsys, folder: Path = ROOT) -> str:
    here = Path.cwd()
    os.chdir(folder)
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


LENGTHS = [("README.md", 120, 900), ("RESULTS.md", None, 1000)]


@pytest.mark.parametrize(("name", "lines", "words"), LENGTHS)
def test_length(name, lines, words):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.split()) <= words
    assert lines is None or len(text.splitlines()) <= lines


def test_the_flow_takes_five_lines(capsys):
    block = block_with("FaceFinder", README)
    assert lines_of(block) == 5
    assert "'Female'" in run_block(block, capsys)


def test_one_call_a_photo(capsys, tmp_path):
    code = block_with("open_reader", API) + block_with("to_pandas", API)
    code = code.replace("space/examples", str(ROOT / "space" / "examples"))
    said = run_block(code, capsys, tmp_path)
    assert said.startswith("Female {")
    assert said.splitlines()[-1].startswith("<Result: 1 Female in 512 x 512 px")
    assert {path.name for path in tmp_path.iterdir()} == {"marked.jpg", "blurred.jpg"}


@pytest.mark.parametrize("example", [snippets.CURL, snippets.JAVASCRIPT])
def test_the_other_calls_are_those_that_are_tested(example):
    """tests/space/ui/test_snippets.py runs them."""
    assert example.replace("SPACE", ADDRESS) in API


@pytest.mark.slow
def test_three_lines_of_pipeline(capsys):
    block = block_with("image-classification", API)
    assert lines_of(block) == 3
    assert "'score'" in run_block(block, capsys)


@pytest.mark.slow
def test_four_lines_of_gradio_client(address, capsys):
    block = block_with("gradio_client", API)
    assert lines_of(block) == 4
    said = run_block(block.replace(ADDRESS, address), capsys)
    assert said.count("'Female'") >= 1
    assert said.count("'Male'") >= 1
