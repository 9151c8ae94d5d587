"""Videos on the command line: tables, page, annotated copy, going on after a kill."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from face_gender.__main__ import main
from face_gender.report.annotate import draw_frame
from face_gender.sightings import NO_LOOK, Sighting
from face_gender.tracks import Track
from face_gender.video import Video, VideoInfo
from face_gender.video_result import VideoResult
from tests.conftest import LABELS, ROOT
from tests.support.clips import scenes, write_clip

TRACKS = ["video", "track", "shot", "start", "end", "seconds", "frames", "best_time", "label"]


@pytest.fixture
def folder(tmp_path, astronaut):
    """A clip of her for a second and of nobody for another, and a file that is no video."""
    shown = scenes(astronaut)
    (tmp_path / "in").mkdir()
    write_clip(tmp_path / "in" / "a.mp4", [shown["face"]] * 8 + [shown["empty"]] * 8, rate=8)
    (tmp_path / "in" / "b.mp4").write_bytes(b"no video")
    return tmp_path / "in"


def rows_of(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_of_photos_and_videos(folder, small_model, astronaut_file, tmp_path, capsys):
    outs = {kind: tmp_path / f"t.{kind}" for kind in ("csv", "json", "html")}
    flags = [word for kind, path in outs.items() for word in (f"--{kind}", str(path))]
    assert main([str(folder), str(astronaut_file), "--model", str(small_model), *flags]) == 1
    rows = rows_of(outs["csv"])
    assert [row["time"] for row in rows[:4]] == ["0.0", "0.25", "0.5", "0.75"]
    assert {row["track"] for row in rows[:4]} == {"1"}
    assert rows[4]["status"].startswith("error: This is not a video")
    assert (rows[5]["status"], rows[5]["time"], rows[5]["face"]) == ("ok", "", "1")
    (track,) = rows_of(tmp_path / "t.tracks.csv")
    assert list(track) == [*TRACKS, *LABELS]
    assert (track["start"], track["end"], track["frames"]) == ("0.0", "1.0", "4")
    video, broken, photo = json.loads(outs["json"].read_text())
    assert video["summary"]["without_face"] == 1
    assert broken["status"].startswith("error")
    assert photo["faces"]
    page = outs["html"].read_text()
    assert page.count('class="lane"') == 1
    assert "http" not in page
    said = capsys.readouterr().out
    assert "a.mp4: 0:02 read, 2 shots, 1 track, 1.0 s without a face." in said
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in",
        *("t.csv", "t.html", "t.json", "t.tracks.csv"),
    ]


@pytest.mark.parametrize("blur", [False, True])
def test_annotated(folder, small_model, tmp_path, astronaut, blur):
    out = tmp_path / "out.mp4"
    words = [str(folder / "a.mp4"), "--model", str(small_model), "--annotated", str(out)]
    assert main([*words, *(["--blur"] if blur else [])]) == 0
    with Video(out) as video:
        frames = list(video)
        assert video.info.duration == pytest.approx(2, abs=0.15)
    shown = scenes(astronaut)["face"].astype(int)
    drawn = frames[1].photo.pixels.astype(int)
    eyes = np.s_[80:120, 95:150]  # inside the box
    change = np.abs(drawn[eyes] - shown[eyes]).mean()
    assert bool(change > 15) is blur
    assert np.abs(drawn - shown).max() > 100  # the box
    assert np.abs(frames[-1].photo.pixels.astype(int) - scenes(astronaut)["empty"]).mean() < 12


@pytest.mark.parametrize("kind", ["tracks", "unsure"])
def test_blur_hides_a_face_of_no_track_too(kind):
    face = Sighting(0.0, 1.0, (20, 20, 60, 60), 0.9, (0.5, 0.5), 1.0, NO_LOOK)
    info = VideoInfo(1.0, 1.0, "", 80, 80)
    parts = {"tracks": (), "unsure": (), kind: (Track(1, 1, (face,)),)}
    result = VideoResult(info, (), threshold=0.6, labels=LABELS, model="", revision="", **parts)
    checks = (np.indices((80, 80)).sum(axis=0) % 2 * 255).astype(np.uint8)
    pixels = np.repeat(checks[..., None], 3, axis=2)
    plain = draw_frame(pixels, 1.0, result, 0.5, blur=False)
    assert bool((plain != pixels).any()) is (kind == "tracks")
    drawn = draw_frame(pixels, 1.0, result, 0.5, blur=True)
    assert drawn[30:50, 30:50].std() < 10
    assert (drawn[:10] == pixels[:10]).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["space/examples", "--annotated", "o.mp4"], "needs one photo or one video"),
        (["space/examples/cat.jpg", "--annotated", "o.mp4"], "written as .jpg, .jpeg, .png, .webp"),
        (["space/examples", "--blur"], "needs --annotated"),
        (["space/examples", "--start", "2", "--end", "1"], "before --end"),
        (["space/examples", "--rate", "0"], "FRAME_RATE should be a number above 0"),
        (["a.mp4", "--annotated", "a.mp4"], "named twice"),
        (["train/score"], "no photos or videos"),
    ],
)
def test_wrong_usage(words, said, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_killed_and_started_again_it_goes_on(small_model, tmp_path, astronaut):
    shown = scenes(astronaut)
    pictures = [shown["face" if at // 40 % 2 else "empty"] for at in range(400)]
    write_clip(tmp_path / "a.mp4", pictures, rate=4, options={"g": "20"})
    outs = [tmp_path / name for name in ("whole.csv", "killed.csv")]

    def start(out):
        words = [sys.executable, "-m", "face_gender", tmp_path / "a.mp4", "--csv", out]
        words += ["--model", small_model]
        return subprocess.Popen(map(str, words), cwd=ROOT, stdout=subprocess.PIPE, text=True)

    assert start(outs[0]).communicate()[0]
    run = start(outs[1])
    log = outs[1].with_name("killed.csv.unfinished-wal")
    while run.poll() is None and not (log.exists() and log.stat().st_size > 100_000):
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    assert not outs[1].exists()
    assert start(outs[1]).communicate()[0]
    assert outs[1].read_text() == outs[0].read_text()
    assert (tmp_path / "killed.tracks.csv").read_text() == (
        tmp_path / "whole.tracks.csv"
    ).read_text()
    assert not list(tmp_path.glob("*.unfinished*"))
