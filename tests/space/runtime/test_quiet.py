"""quiet: nothing asks another machine, and nothing is left in HOME."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from face_gender.runtime.quiet import QUIET
from tests.conftest import ROOT
from tests.torture.app import free_port

SEEN = re.compile(r"(?:sin_addr=inet_addr\(|sin6_addr|inet_pton\(AF_INET6, )\"([^\"]+)\"")
LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$")
LIBRARIES = (
    "onnxruntime",
    "gradio",
    "huggingface_hub",
    "transformers",
    "datasets",
    "evaluate",
    "ray",
)
WATCH = f"""
import importlib, os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in {LIBRARIES} and not {set(QUIET)} <= set(os.environ):
            sys.exit(name + " is imported before it is told to keep quiet")
sys.meta_path.insert(0, Watch())
importlib.import_module(sys.argv[1])
"""


def environ(**more: object) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "HF_HUB_OFFLINE", *QUIET)
    }
    return {**kept, **{name: str(value) for name, value in more.items()}}


@pytest.mark.parametrize(
    "module",
    [
        "face_gender",
        "face_gender.onnx_session",
        "face_gender.ui",
        "train.export",
        "train.annotate",
        "train.evaluate",
    ],
)
def test_libraries_are_told_before_they_are_imported(module):
    done = subprocess.run(
        [sys.executable, "-c", WATCH, module],
        cwd=ROOT,
        env=environ(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_user_sets_stays(tmp_path):
    names = ("RAY_USAGE_STATS_ENABLED", "ORT_DISABLE_TELEMETRY")
    script = f"import os, face_gender; print(*(os.environ[name] for name in {names}))"
    asked = environ(RAY_USAGE_STATS_ENABLED="mine")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=asked, capture_output=True, text=True
    )
    assert done.stdout.split() == ["mine", "1"]


def can_trace() -> bool:
    return (
        bool(shutil.which("strace"))
        and subprocess.run(["strace", "-qq", "-o", os.devnull, "true"]).returncode == 0
    )


@pytest.mark.slow
@pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")
@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["-m", "face_gender", "space/examples/astronaut.jpg"], (0,)),
        (["app.py"], (0, 124)),
    ],
)
def test_no_address_but_loopback_is_asked_and_home_stays_empty(words, ends, tmp_path):
    """`timeout` stops the page after the time in which ONNX Runtime would have called home."""
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    asked = environ(
        HOME=home,
        GRADIO_SERVER_PORT=free_port(),
        GRADIO_TEMP_DIR=tmp_path / "up",
        PYTHONDONTWRITEBYTECODE=1,
    )
    command = [
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=network",
        "-o",
        str(trace),
        "timeout",
        "30",
        sys.executable,
        *words,
    ]
    done = subprocess.run(command, cwd=ROOT, env=asked, capture_output=True, text=True)
    assert done.returncode in ends, done.stderr
    assert [
        address for address in SEEN.findall(trace.read_text()) if not LOOPBACK.match(address)
    ] == []
    assert list(home.rglob("*")) == []
