"""Any terminal: encodings, closed streams, pipes, full disks, Ctrl-C; no traceback, no loss."""

import csv
import io
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.torture.app import running

COMMAND = [sys.executable, "-m", "face_gender"]
NAME = "ñ→.png"
STAGE = """
from train.common.cli import run_stage
from train.common.parallel import in_all_cores
import sys, time
"""


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (90, 80), "grey").save(folder / NAME)
    return folder


def shell(line: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", line], cwd=ROOT, capture_output=True, env={**os.environ, **environ}
    )


def names_in(content: bytes) -> list[str]:
    return [row["photo"] for row in csv.DictReader(io.StringIO(content.decode(), newline=""))]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_other_encodings_lose_no_row(photos, small_model, encoding):
    done = shell(f"{' '.join(COMMAND)} {photos} --model {small_model}", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr[:16]) == (0, b"1 photo, no face")
    assert b"\\u2192.png  no_face" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("after", "code", "rows"),
    [
        ("2>&-", 0, 0),
        (">&-", 0, 0),
        ("<&- >&- 2>&-", 0, 0),
        ("--csv /dev/stdout | cat", 0, 1),
        ("--csv /dev/stdout > {out}; code=$?; cat {out}; exit $code", 0, 1),
        ("--csv /dev/fd/3 3>&1 >/dev/null", 0, 1),
        ("--csv >(cat) >/dev/null; code=$?; wait $!; exit $code", 0, 1),
        ("--csv /dev/stderr 2>&1 >/dev/null", 0, 1),
        ("--csv /dev/stdout | true; exit ${{PIPESTATUS[0]}}", 0, 0),
        ("--csv {out} | true; code=${{PIPESTATUS[0]}}; cat {out}; exit $code", 0, 1),
        (">/dev/full", 2, 0),
        ("--csv /dev/full", 2, 0),
        ("none.jpg --csv /dev/stdout", 1, 2),
    ],
)
def test_streams_closed_piped_and_full(photos, small_model, tmp_path, after, code, rows):
    done = shell(
        f"{' '.join(COMMAND)} --model {small_model} {photos} {after.format(out=tmp_path / 'out')}"
    )
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    if code != 2 and "2>&1" not in after:
        assert not done.stderr or b" threshold 0.60, face-gender " in done.stderr
    if rows:
        assert names_in(done.stdout)[0] == str(photos / NAME)
        assert len(names_in(done.stdout)) == rows
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".unfinished", ".part")]
    assert not Path("/dev/stdout.unfinished").exists()


@pytest.mark.parametrize(
    ("line", "ending", "code", "out", "err"),
    [
        ("print('ñ→')", "", 0, b"\xf1\\u2192\n", b""),
        ("print('a', file=sys.stderr)", "2>&-", 0, b"", b""),
        ("print('a'); print('b', file=sys.stderr)", ">&-", 0, b"", b"b\n"),
        ("print('a' * 100_000); print('done', file=sys.stderr)", "| true", 0, b"", b"done\n"),
        ("print('a')", "> /dev/full", 1, b"", b"disk is full"),
    ],
)
def test_stages_in_any_terminal(tmp_path, line, ending, code, out, err):
    script = tmp_path / "stage.py"
    script.write_text(
        f"{STAGE}def stage():\n    {line}\nrun_stage(stage, arguments=[])\n", encoding="utf-8"
    )
    command = f"{sys.executable} {script} {ending}; exit ${{PIPESTATUS[0]}}"
    done = shell(command, PYTHONIOENCODING="cp1252", PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stdout) == (code, out), done.stderr
    assert b"Traceback" not in done.stderr
    assert err in done.stderr
    assert err or not done.stderr


def interrupt(process: subprocess.Popen[str], ready) -> tuple[int, str, str]:
    """Ctrl-C, which reaches every process of the terminal -> exit code, output, errors."""
    end = time.monotonic() + 120
    while not ready() and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def start(*command: object, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environ},
    )


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_read_and_says_how_to_go_on(photos, small_model, tmp_path):
    for number in range(400):
        (photos / f"{number}.png").hardlink_to(photos / NAME)
    out = tmp_path / "t.csv"
    kept = tmp_path / "t.csv.unfinished"
    command = [*COMMAND, photos, "--model", small_model, "--csv", out]
    ended = interrupt(
        start(*command), lambda: kept.is_file() and kept.read_bytes().count(b"\n") > 3
    )
    said = f"Stopped. What was read is kept in {kept}: the same command goes on from there.\n"
    assert ended == (130, "", said)
    assert (
        subprocess.run(
            [str(word) for word in command], cwd=ROOT, stdout=subprocess.DEVNULL
        ).returncode
        == 0
    )
    assert len(names_in(out.read_bytes())) == 401


@pytest.mark.slow
@pytest.mark.parametrize("module", ["face_gender", "train.fit"])
def test_ctrl_c_while_a_command_imports(module):
    process = start(sys.executable, "-v", "-m", module)
    for line in process.stderr:
        if "import 'numpy" in line or "import 'PIL" in line:
            break
    code, out, err = interrupt(process, lambda: True)
    assert (code, out) == (130, "")
    assert "Stopped. Nothing was begun yet.\n" in err
    assert "Traceback" not in err


def is_gone(group: int) -> bool:
    """Whether a group of processes ends within ten seconds; multiprocessing's tracker lags."""
    try:
        for _ in range(100):
            os.killpg(group, 0)
            time.sleep(0.1)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("work", ["time.sleep(60)", "list(in_all_cores(time.sleep, (), [60] * 9))"])
def test_ctrl_c_ends_a_stage_and_its_processes_with_one_line(tmp_path, work):
    script = tmp_path / "stage.py"
    begun = tmp_path / "begun"
    script.write_text(
        f"{STAGE}def stage():\n    open({str(begun)!r}, 'w').close()\n    {work}\n"
        "if __name__ == '__main__':\n    run_stage(stage, arguments=[])\n"
    )
    process = start(sys.executable, script, PYTHONPATH=str(ROOT))
    end = time.monotonic() + 3

    def ready() -> bool:
        return begun.is_file() and time.monotonic() > end

    began = time.monotonic()
    ended = interrupt(process, ready)
    assert ended == (
        130,
        "",
        "Stopped. Start the same command again to go on; what was finished is kept.\n",
    )
    assert time.monotonic() - began < 50
    assert is_gone(process.pid)


@pytest.mark.slow
def test_ctrl_c_ends_the_label_page(tmp_path, photos):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["--out", tmp_path, "--pictures", photos, "--annotator", "ann", "--port", port]

    def ready() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    code, _, err = interrupt(start(sys.executable, "-m", "train.annotate", *flags), ready)
    assert (code, err) == (
        130,
        "Stopped. Start the same command again to go on; what was finished is kept.\n",
    )


@pytest.mark.slow
def test_ctrl_c_ends_the_page(small_model, tmp_path):
    with running(tmp_path / "uploads", MODEL_ID=small_model) as app:
        app.process.send_signal(signal.SIGINT)
        assert app.process.wait(60) == 130
        assert list((tmp_path / "uploads").iterdir()) == []
