"""What a command waits for before its first answer: nothing that only others need."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

WATCH = """
import importlib, sys
stubs = []
def watch(event, asked):
    if event == "open" and "components" in str(asked[0]) and str(asked[0]).endswith(".pyi"):
        stubs.append(asked)
sys.addaudithook(watch)
importlib.import_module(sys.argv[1])
libraries = {"av", "gradio", "huggingface_hub", "pandas", "torch"}
print(len(stubs), *sorted(libraries & set(sys.modules)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "loaded"),
    [
        ("face_gender.__main__", []),
        ("face_gender.ui", ["gradio", "huggingface_hub", "pandas"]),  # Gradio imports both others
    ],
)
def test_what_is_imported(module, loaded):
    """No library that only another command needs, and none of Gradio's stubs for editors."""
    command = [sys.executable, "-c", WATCH, module]
    done = subprocess.run(command, cwd=ROOT / "space", capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["0", *loaded], "")
