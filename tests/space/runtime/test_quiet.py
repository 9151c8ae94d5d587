"""quiet: nothing asks another machine, and nothing is left in HOME."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from face_gender.runtime.quiet import QUIET
from tests.conftest import ROOT, wait_until_served
from tests.torture.app import Visitor, free_port
from train.publish.model import stage_model
from train.publish.upload import Target

EXAMPLE = ROOT / "space" / "examples" / "astronaut.jpg"
ADDRESS = r"(?:sin_addr=inet_addr\(|inet_pton\(AF_INET6, |sun_path=)\"([^\"]+)\""
ASKED = re.compile(rf"(?:connect|sendto|sendmsg|sendmmsg)\(.*{ADDRESS}")
HERE = re.compile(r"127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$|/")  # loopback, and sockets in a file
STRACE = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=network")  # stops at nothing else
LIBRARIES = (
    "onnxruntime", "gradio", "huggingface_hub", "transformers", "datasets", "evaluate", "ray",
)  # fmt: skip
WATCH = f"""
import importlib, os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in {LIBRARIES} and not {set(QUIET)} <= set(os.environ):
            sys.exit(name + " is imported before it is told to keep quiet")
sys.meta_path.insert(0, Watch())
importlib.import_module(sys.argv[1])
"""
NAMED = (".cache/matplotlib/", ".cache/huggingface/", ".ray/")
REPORTING = 11  # seconds; ONNX Runtime asks for its maker's server 9 after it is imported


def environ(**more: object) -> dict[str, str]:
    """This process's environment, without what keeps libraries quiet in tests, and `more`."""
    dropped = ("CI", "HF_HUB_OFFLINE", "HF_HOME", "XDG_CACHE_HOME", *QUIET)
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, **{name: str(value) for name, value in more.items()}}


NO_RAY = pytest.mark.skipif(not find_spec("ray"), reason="no Ray")


@pytest.mark.parametrize(
    "module",
    [
        "face_gender.ui",  # any module of a package is imported after the package itself
        "train.fit.stage",
        pytest.param("train.score.ray_cluster", marks=NO_RAY),
    ],
)
def test_libraries_are_told_before_they_are_imported(module):
    command = [sys.executable, "-c", WATCH, module]
    done = subprocess.run(command, cwd=ROOT, env=environ(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_user_sets_stays():
    names = ("RAY_USAGE_STATS_ENABLED", "ORT_DISABLE_TELEMETRY")
    script = f"import os, face_gender; print(*(os.environ[name] for name in {names}))"
    asked = environ(RAY_USAGE_STATS_ENABLED="mine")
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=asked, capture_output=True, text=True)
    assert done.stdout.split() == ["mine", "1"]


def can_trace() -> bool:
    tried = [*STRACE, "-o", os.devnull, "true"]
    return bool(shutil.which("strace")) and subprocess.run(tried).returncode == 0


traces = pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")


class Traced:
    """A Python command with an empty HOME, and whom it asks."""

    def __init__(self, folder: Path, words: list[str], **variables: object) -> None:
        """Start it. folder: for its HOME, its trace and what it says."""
        self._home, self._trace, said = folder / "home", folder / "trace", folder / "said"
        self._home.mkdir()
        asked = environ(HOME=self._home, TMPDIR=folder, PYTHONDONTWRITEBYTECODE=1, **variables)
        command = [*STRACE, "-o", str(self._trace), sys.executable, "-W", "ignore", *words]
        with said.open("wb") as file:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=asked, stdout=file, stderr=file, start_new_session=True
            )

    def stop(self, number: int) -> int:
        """Send the command, not strace, a signal -> its exit code."""
        strace = self.process.pid
        [child, *_] = Path(f"/proc/{strace}/task/{strace}/children").read_text().split()
        os.kill(int(child), number)
        return self.process.wait(120)

    def asked(self) -> list[str]:
        """Addresses of other machines that it sent something to."""
        found = ASKED.findall(self._trace.read_text(errors="replace"))
        return sorted({address for address in found if not HERE.match(address)})

    def left(self) -> list[str]:
        """What lies in its HOME, and is not named in SECURITY.md."""
        files = [path for path in self._home.rglob("*") if path.is_file()]
        names = [str(path.relative_to(self._home)) for path in files]
        return [name for name in names if not name.startswith(NAMED)]


def serve_traced(folder: Path, words: list[str], port: int, use: Callable[[str], None]) -> Traced:
    """A page -> the same after it was used, and ran for as long as a library waits to report."""
    variables = {"GRADIO_SERVER_PORT": port, "GRADIO_TEMP_DIR": folder / "up"}
    traced = Traced(folder, words, **variables)
    try:
        wait_until_served(traced.process, f"http://127.0.0.1:{port}/", 600)
        use(f"http://127.0.0.1:{port}")
        time.sleep(REPORTING)
        assert traced.stop(signal.SIGINT) == 130
    finally:
        with suppress(ProcessLookupError):
            os.killpg(traced.process.pid, signal.SIGKILL)
    return traced


def show_photo(address: str) -> None:
    """Send the page a photo, and wait for its answer."""
    with Visitor(address) as visitor:
        assert visitor.predict("a.jpg", EXAMPLE.read_bytes())[0] == "complete"


PIPELINE = """
import time
from transformers import pipeline
read = pipeline("face-gender", model={model!r}, trust_remote_code=True)
assert len(read({photo!r})["faces"]) == 1
time.sleep({seconds})
"""


@pytest.mark.slow
@traces
@pytest.mark.parametrize("name", ["page", "label page"])
def test_pages_ask_no_other_machine(name, tmp_path):
    port = free_port()
    label = ["-m", "train.annotate", "--annotator", "ann", "--out", str(tmp_path / "run")]
    label += ["--pictures", str(EXAMPLE.parent), "--port", str(port)]
    words, use = (["app.py"], show_photo) if name == "page" else (label, lambda _: None)
    traced = serve_traced(tmp_path, words, port, use)
    assert (traced.asked(), traced.left()) == ([], [])


@pytest.mark.slow
@traces
def test_the_command_line_asks_no_other_machine(tmp_path):
    traced = Traced(tmp_path, ["-m", "face_gender", str(EXAMPLE)])
    assert traced.process.wait(600) == 0
    assert (traced.asked(), traced.left()) == ([], [])


@pytest.mark.slow
@traces
def test_the_published_pipeline_asks_no_other_machine(tmp_path, small_model):
    folder, model = shutil.copytree(small_model, tmp_path / "folder"), tmp_path / "model"
    (folder / "README.md").write_text("")
    stage_model(folder, Target("user/model", "model"), model)
    script = PIPELINE.format(model=str(model), photo=str(EXAMPLE), seconds=REPORTING)
    traced = Traced(tmp_path, ["-c", script])
    assert traced.process.wait(600) == 0
    assert (traced.asked(), traced.left()) == ([], [])
