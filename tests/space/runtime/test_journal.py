"""journal: what was read outlives a kill, a full disk and a torn line."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from face_gender.__main__ import main
from face_gender.job import made_by
from face_gender.reader import PhotoReader
from face_gender.runtime.journal import LOG, SUFFIX, Journal
from face_gender.scores import load_scorer
from face_gender.settings import ModelSettings
from tests.conftest import ROOT
from tests.space.test_main import read_csv

MADE_BY = ["model", "sha256:1", 0.6]


@pytest.fixture
def photos(tmp_path):
    photos = [tmp_path / f"{number}.jpg" for number in range(3)]
    for photo in photos:
        photo.write_bytes(b"photo")
    return photos


@pytest.fixture
def begun(tmp_path, photos):
    """A journal of a run that was killed after two photos."""
    with suppress(KeyboardInterrupt), Journal(tmp_path / "t.csv.unfinished", MADE_BY) as journal:
        for number, photo in enumerate(photos[:2]):
            journal.write(photo, {"number": number})
        raise KeyboardInterrupt
    return tmp_path / "t.csv.unfinished"


@pytest.fixture
def killed(tmp_path, photos):
    """The same, killed in earnest: the newest records lie in SQLite's log."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from face_gender.runtime.journal import Journal\n"
        f"journal = Journal(Path(sys.argv[1]), {MADE_BY})\n"
        "for number, photo in enumerate(sys.argv[2:]):\n"
        "    journal.write(Path(photo), {'number': number})\n"
        "os.kill(os.getpid(), 9)"
    )
    place = tmp_path / "t.csv.unfinished"
    assert (
        subprocess.run(
            [sys.executable, "-c", code, place, *photos[:2]], cwd=ROOT, check=False
        ).returncode
        == -9
    )
    return place


def test_names_of_any_bytes(tmp_path):
    photos = [
        tmp_path / os.fsdecode(name) for name in (b"\xff.jpg", b"\\udcff.jpg", "ä\n.jpg".encode())
    ]
    with Journal(None, MADE_BY) as journal:
        for number, photo in enumerate(photos):
            journal.write(photo, {"number": number, "name": str(photo)})
        assert [entry["name"] for entry in journal.read(photos)] == [str(photo) for photo in photos]
        assert journal.missing(photos) == []


def test_no_photos(tmp_path):
    for place in (None, tmp_path / "t.csv.unfinished"):
        with Journal(place, MADE_BY) as journal:
            assert journal.missing([]) == list(journal.read([])) == []
    assert list(tmp_path.iterdir()) == []


def test_goes_on_and_is_gone_in_the_end(begun, photos):
    with Journal(begun, MADE_BY) as journal:
        assert journal.missing([*photos, *photos]) == [photos[2]]
        journal.write(photos[2], {"number": 2})
        assert [entry["number"] for entry in journal.read(reversed(photos))] == [2, 1, 0]
    assert not begun.exists()


@pytest.mark.parametrize("torn", [1, 8, 3000])
def test_a_torn_record_is_read_again(killed, photos, torn):
    log = killed.with_name(killed.name + LOG)
    log.write_bytes(log.read_bytes()[:-torn])
    with Journal(killed, MADE_BY) as journal:
        assert journal.missing(photos) == photos[1:]
        journal.write(photos[1], {"number": 7})
        assert [entry["number"] for entry in journal.read(photos[:2])] == [0, 7]
    assert not list(killed.parent.glob("*" + SUFFIX + "*"))


@pytest.mark.parametrize("torn", [1, 2000, 5000])
def test_a_torn_file_is_begun_anew(begun, photos, torn):
    begun.write_bytes(begun.read_bytes()[:-torn])
    with Journal(begun, MADE_BY) as journal:
        assert journal.missing(photos) == photos
        journal.write(photos[1], {"number": 7})
        assert [entry["number"] for entry in journal.read(photos[1:2])] == [7]


@pytest.mark.parametrize("content", [b"", b"\xff\n", b"[1]\n[2]\n", b'["mod'])
def test_what_is_no_journal_of_ours_is_begun_anew(begun, photos, content):
    begun.write_bytes(content)
    with Journal(begun, MADE_BY) as journal:
        assert journal.missing(photos) == photos


def test_another_model_or_a_changed_photo_is_read_again(begun, photos):
    photos[0].write_bytes(b"another")
    with suppress(KeyboardInterrupt), Journal(begun, MADE_BY) as journal:
        assert journal.missing(photos) == [photos[0], photos[2]]
        raise KeyboardInterrupt
    assert begun.exists()
    with Journal(begun, ["other"]) as journal:
        assert journal.missing(photos) == photos


@pytest.mark.parametrize(
    ("name", "value", "same"),
    [("DETECT_SIDE", "640", False), ("SMALLEST_SHARE", "0.1", False),
     ("MAX_PIXELS", "1000000", False),
     ("MARGIN", "0.3", False), ("THREADS", "3", True), ("KEPT_SECONDS", "7", True)],
)  # fmt: skip
def test_other_settings_begin_anew(reader, monkeypatch, name, value, same):
    before = made_by(reader, {"csv": Path("a.csv")})
    monkeypatch.setenv(name, value)
    assert (made_by(reader, {"csv": Path("b.csv")}) == before) is same
    assert json.loads(json.dumps(before)) == before


def test_another_model_begins_anew(reader, finder, small_model, tmp_path):
    copy = PhotoReader(
        finder,
        load_scorer(ModelSettings(str(shutil.copytree(small_model, tmp_path / small_model.name)))),
    )
    assert copy.model == reader.model
    assert made_by(copy, {}) != made_by(reader, {})


def test_full_disk_is_one_sentence_and_leaves_nothing_but_the_journal(
    small_model, tmp_path, capsys
):
    """A limit on the size of files stands for a full disk: an OSError in the same place."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    asked = ["space/examples", "--model", str(small_model), "--html", str(tmp_path / "t.html")]
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        with pytest.raises(SystemExit) as ended:
            main(asked)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ended.value.code == 2
    assert "could not be written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["t.html" + SUFFIX]
    assert main(asked) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["t.html"]


@pytest.mark.slow
def test_killed_and_gone_on_is_the_same(small_model, astronaut_file, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02d}.jpg").symlink_to(astronaut_file)
    table, unfinished = tmp_path / "t.csv", tmp_path / ("t.csv" + SUFFIX)
    command = [
        sys.executable,
        "-m",
        "face_gender",
        str(folder),
        "--model",
        str(small_model),
        "--csv",
        str(table),
    ]
    grown = 0

    def size() -> int:
        return sum(path.stat().st_size for path in tmp_path.glob("t.csv" + SUFFIX + "*"))

    for _ in range(2):
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        while run.poll() is None and size() <= grown + 500:
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert size() > grown
        grown = size()
    assert not table.exists()
    assert subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 0
    rows = read_csv(table)
    assert [row["photo"] for row in rows] == [str(path) for path in sorted(folder.iterdir())]
    assert len({tuple(row.values())[1:] for row in rows}) == 1
    assert not unfinished.exists()
