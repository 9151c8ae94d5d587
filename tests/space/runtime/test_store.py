"""What was written to a store is there, whole, whatever happens next."""

import errno
import resource
import subprocess
import sys

import pytest

from face_gender.runtime.journal import Store
from tests.conftest import ROOT


def test_nothing_written_is_nothing(tmp_path):
    with Store(tmp_path / "not/there/store.sqlite") as store:
        assert store.read() == {}
        store.write({})
        assert store.read() == {}


def test_records_stay_and_the_last_one_wins(tmp_path):
    with Store(tmp_path / "store.sqlite") as store:
        store.write({"a": {"n": 1}, "ü\n": {"list": [None, 0.5, "x"]}})
        store.write({"a": {"n": 2}})
    with Store(tmp_path / "store.sqlite") as store:
        assert store.read() == {"a": {"n": 2}, "ü\n": {"list": [None, 0.5, "x"]}}


def test_killed_after_a_write(tmp_path):
    code = (
        "import os; from pathlib import Path; from face_gender.runtime.journal import Store\n"
        f"store = Store(Path({str(tmp_path / 'store.sqlite')!r}))\n"
        "for number in range(50): store.write({str(number): {}})\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == -9
    with Store(tmp_path / "store.sqlite") as store:
        assert len(store.read()) == 50


def test_a_full_disk_is_said_as_one(tmp_path):
    with Store(tmp_path / "store.sqlite") as store:
        store.write({"kept": {}})
        store._connection.execute("PRAGMA max_page_count = 5")
        with pytest.raises(OSError, match="full") as caught:
            store.write({str(number): {"text": "x" * 1000} for number in range(100)})
        assert caught.value.errno == errno.ENOSPC
        assert list(store.read()) == ["kept"]


def test_a_limit_on_files_is_said_as_a_full_disk(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store(tmp_path / "store.sqlite") as store:
        store.write({"kept": {}})
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
            with pytest.raises(OSError, match="store.sqlite") as caught:
                store.write({str(number): {"text": "x" * 1000} for number in range(100)})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert caught.value.errno == errno.ENOSPC
        assert list(store.read()) == ["kept"]


def test_another_command_is_told_that_the_file_is_taken(tmp_path):
    code = (
        "from pathlib import Path; from face_gender.runtime.journal import Store\n"
        f"Store(Path({str(tmp_path / 's')!r}))"
    )
    with Store(tmp_path / "s") as store:
        store.write({"kept": {}})
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
        )
    assert "Device or resource busy" in run.stderr
