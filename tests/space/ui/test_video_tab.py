"""The Video tab and `/predict_video` without a browser: growing, whole, refused, stopped."""

import os

import gradio as gr
import pytest

from face_gender.settings import PageSettings
from face_gender.ui import strings
from face_gender.ui.api import Endpoints
from face_gender.ui.tabs import video as tab
from face_gender.ui.tabs.video import report_on
from face_gender.ui.videos import VisitorVideos
from face_gender.video_reader import VideoReader
from tests.support.clips import scenes, write_clip


@pytest.fixture(scope="module")
def clip(astronaut, tmp_path_factory):
    shown = scenes(astronaut)
    pictures = [shown["face"]] * 8 + [shown["empty"]] * 8
    return write_clip(tmp_path_factory.mktemp("clips") / "<b>.mp4", pictures, rate=8)


def visitors(reader, **page) -> VisitorVideos:
    return VisitorVideos(VideoReader(reader), PageSettings(**page))


def test_nothing_sent(reader):
    assert list(report_on(visitors(reader), None)) == [""]


def test_the_timeline_grows_and_the_report_has_downloads(reader, clip, monkeypatch):
    monkeypatch.setattr(tab, "REDRAW_SECONDS", 0.0)
    *growing, whole = report_on(visitors(reader), str(clip))
    assert len(growing) == 8
    assert "12 % done" in growing[0]
    assert "100 % done" in growing[-1]
    assert whole.count("download=") == 4
    assert "&lt;b&gt;.mp4" in whole
    assert "<b>.mp4" not in whole


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"max_video_mb": 0.001}, strings.LARGE_VIDEO.format(megabytes=0.001)),
        ({"max_video_minutes": 0.01}, strings.LONG_VIDEO.format(minutes=0.01)),
    ],
)
def test_limits(reader, clip, page, said):
    (answer,) = report_on(visitors(reader, **page), str(clip))
    assert said in answer


def test_what_cannot_be_read_is_told(reader, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    (answer,) = report_on(visitors(reader), str(tmp_path / "a.mp4"))
    assert "This is not a video" in answer
    (answer,) = report_on(visitors(reader), str(tmp_path / "gone.mp4"))
    assert strings.GONE_VIDEO in answer


def test_a_stopped_report_ends_the_decoder_and_the_upload_is_kept(reader, clip):
    os.utime(clip, (0, 0))
    videos = visitors(reader)
    reading = videos.open(clip)
    steps = videos.read(reading, clip)
    next(steps)
    assert clip.stat().st_mtime > 0
    steps.close()
    assert reading._video._decoder.returncode is not None


def test_the_endpoint_answers_for_a_part_and_refuses_in_words(reader, clip, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(clip.parent))  # where uploads lie
    endpoints = Endpoints(reader, None, visitors(reader, max_video_minutes=0.02))
    answer = endpoints.predict_video(str(clip), 1.0, 2.0)
    assert answer["summary"]["seconds"] == 1
    assert answer["tracks"] == []
    for start, end in ((2.0, 1.0), (0.0, 9.0), (7.0, 8.0)):
        with pytest.raises(gr.Error):
            endpoints.predict_video(str(clip), start, end)
