"""uploads: they lie in a folder of the process, are purged in time, and go with it."""

import os
import subprocess
import sys
import time

from face_gender.runtime import uploads


def test_every_other_sender_is_gone_with_its_process(tmp_path, monkeypatch):
    """What a killed process left is removed by the next; what a living one holds is not."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for process in (ended.pid, os.getppid(), os.getpid()):
        (tmp_path / f"{uploads.NAME}{process}").mkdir()
        (tmp_path / f"{uploads.NAME}{process}" / "photo.jpg").write_bytes(b"x")
    others = [
        f"{uploads.NAME}main",
        "face-gender-main",
        f"face-gender-{ended.pid}",
    ]  # a checkout may be called so
    for other in others:
        (tmp_path / other).mkdir()
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with uploads.own_folder() as folder:
        assert list(folder.iterdir()) == []
        (folder / "a").mkdir()
        new = folder / "a" / "new.jpg"
        new.write_bytes(b"x")
        half = folder / "tmp1"  # still being sent
        half.write_bytes(b"x")
        now = time.time()
        for seconds, left in (
            (99, [new.parent, half, new]),
            (101, [new.parent, half]),
            (299, [new.parent, half]),
            (301, []),
        ):
            with monkeypatch.context() as later:
                later.setattr("time.time", lambda seconds=seconds: now + seconds)
                uploads.purge(folder, 100)
            assert sorted(folder.rglob("*")) == sorted(left)
        half.write_bytes(b"x")
        with monkeypatch.context() as jumped:
            jumped.setattr("time.time", lambda: now - 301)
            uploads.purge(folder, 100)
        assert list(folder.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"{uploads.NAME}{os.getppid()}", "photo.jpg", *others]
    )
