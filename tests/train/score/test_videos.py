"""A folder of videos -> pieces of one each -> a row a track."""

import pytest

from face_gender.video_reader import VideoReader
from tests.support.clips import scenes, write_clip
from train.score.sources import VIDEOS, plan_pieces
from train.score.videos import read_videos
from train.settings.score import ScoreSettings


@pytest.fixture
def folder(tmp_path, astronaut):
    shown = scenes(astronaut)
    (tmp_path / "news").mkdir()
    write_clip(tmp_path / "news" / "a.mp4", [shown["face"]] * 8, rate=8)
    write_clip(tmp_path / "news" / "b.webm", [shown["empty"]] * 4, rate=8, codec="libvpx-vp9")
    (tmp_path / "news" / "c.mp4").write_bytes(b"no video")
    return tmp_path


def test_a_row_a_track(folder, reader):
    pieces = plan_pieces(ScoreSettings(data=str(folder)))
    assert [(piece.kind, len(piece.files)) for piece in pieces] == [(VIDEOS, 1)] * 3
    videos = VideoReader(reader)
    (face,), (nobody,), (broken,) = (
        list(read_videos(piece, videos, ("folder",))) for piece in pieces
    )
    assert (face["photo"], face["status"], face["face"], face["folder"]) == (
        "news/a.mp4",
        "ok",
        1,
        "news",
    )
    assert face["Male"] + face["Female"] == pytest.approx(1, abs=1e-3)
    assert 0 <= face["left"] < face["right"] <= 256
    assert (nobody["photo"], nobody["status"]) == ("news/b.webm", "no_face")
    assert broken["status"].startswith("error: This is not a video")
