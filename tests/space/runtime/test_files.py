"""files: the old file or the new one, never half of it, and nothing beside it."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from face_gender.runtime.files import HALF, atomic_write, write_text
from tests.conftest import ROOT


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("text", "held"), [("", ""), ("ä\n", "ä\n"), ((), ""), (("a", "b\n"), "ab\n")]
)
def test_a_text_or_its_pieces(tmp_path, text, held):
    for _ in range(2):
        write_text(tmp_path / "t.csv", text)
        assert (tmp_path / "t.csv").read_text(encoding="utf-8") == held
    assert names_in(tmp_path) == ["t.csv"]


def test_bytes_and_the_longest_name_there_is(tmp_path):
    path = tmp_path / ("x" * 251 + ".npy")
    with atomic_write(path) as beside:
        beside.write_bytes(b"\0\xff")
        assert not path.exists()
    assert path.read_bytes() == b"\0\xff"


def test_links_stay_links(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "t.csv")
    write_text(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "t.csv").read_text() == "new"


def test_what_is_no_file_is_written_to_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as threads:
        read = threads.submit((tmp_path / "pipe").read_text)
        write_text(tmp_path / "pipe", "new")
    assert read.result() == "new"
    assert names_in(tmp_path) == ["pipe"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    def fails():
        yield "half"
        raise KeyboardInterrupt

    write_text(tmp_path / "t.csv", "old")
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "t.csv", fails())
    assert (tmp_path / "t.csv").read_text() == "old"
    assert names_in(tmp_path) == ["t.csv"]
    with pytest.raises(OSError, match="No such file"):
        write_text(tmp_path / "none" / "t.csv", "new")


def test_a_kill_leaves_the_old_file(tmp_path):
    write_text(tmp_path / "t.csv", "old")
    code = (
        "import sys, time; from pathlib import Path\n"
        "from face_gender.runtime.files import write_text\n"
        "def slow():\n    yield 'half' * 10_000\n    print('begun', flush=True); time.sleep(60)\n"
        "write_text(Path(sys.argv[1]), slow())"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "t.csv"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert run.stdout.readline() == b"begun\n"
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert (tmp_path / "t.csv").read_text() == "old"
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", HALF]


@pytest.mark.parametrize("paths", [1, 64])
def test_threads_write_side_by_side_the_same_file_too(tmp_path, paths):
    def write(number: int) -> None:
        write_text(tmp_path / f"{number % paths}.txt", str(number % 8) * 10_000)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(64)))
    assert len(names_in(tmp_path)) == paths
    for path in tmp_path.iterdir():
        text = path.read_text()
        assert text == text[0] * 10_000
