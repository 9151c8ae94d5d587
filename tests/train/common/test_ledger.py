"""What was written to a ledger is there, whole, whatever happens next."""

import errno
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from train.common.ledger import Ledger


def test_nothing_written_is_nothing(tmp_path):
    with Ledger(tmp_path / "not/there/ledger.sqlite") as ledger:
        assert ledger.read() == {}
        ledger.write({})
        assert ledger.read() == {}


def test_records_stay_and_the_last_one_wins(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.write({"a": {"n": 1}, "ü\n": {"list": [None, 0.5, "x"]}})
        ledger.write({"a": {"n": 2}})
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.read() == {"a": {"n": 2}, "ü\n": {"list": [None, 0.5, "x"]}}


def test_killed_after_a_write(tmp_path):
    code = (
        "import os; from pathlib import Path; from train.common.ledger import Ledger\n"
        f"ledger = Ledger(Path({str(tmp_path / 'ledger.sqlite')!r}))\n"
        "for number in range(50): ledger.write({str(number): {}})\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == -9
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert len(ledger.read()) == 50


def test_a_full_disk_is_said_as_one(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.write({"kept": {}})
        ledger._connection.execute("PRAGMA max_page_count = 5")
        with pytest.raises(OSError, match="full") as caught:
            ledger.write({str(number): {"text": "x" * 1000} for number in range(100)})
        assert caught.value.errno == errno.ENOSPC
        assert list(ledger.read()) == ["kept"]
