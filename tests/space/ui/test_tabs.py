"""The tabs without a browser: what is done with what visitors send, and what is said of it."""

import json
import os
import time
import zipfile
from html import escape
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from face_gender.photo import PhotoError
from face_gender.published_metrics import read_published
from face_gender.settings import BUNDLED_MODEL, PageSettings, PhotoSettings, ZipSettings
from face_gender.ui import strings
from face_gender.ui.api import Endpoints
from face_gender.ui.batch import BatchReader
from face_gender.ui.tabs.about import say_figures
from face_gender.ui.tabs.check import correct, read_zip
from face_gender.ui.tabs.photo import PhotoEvents
from face_gender.ui.tabs.photo_views import FORGOTTEN
from face_gender.ui.videos import VisitorVideos
from face_gender.video_reader import VideoReader
from tests.conftest import LABELS, ROOT

EXAMPLES = ROOT / "space" / "examples"
GONE = strings.GONE.format(minutes=10)


def write_zip(path, *names):
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            packed.write(EXAMPLES / "cat.jpg", name)
    return path


def batches(reader, zips=ZipSettings(), **page) -> BatchReader:
    return BatchReader(reader, PageSettings(**page), zips)


def videos(reader, **page) -> VisitorVideos:
    return VisitorVideos(VideoReader(reader), PageSettings(**page))


def test_nothing_sent(reader):
    assert list(batches(reader).read([])) == []
    assert batches(reader).count([]) == 0


def test_what_waits_is_kept_and_what_is_gone_is_said_to_be(reader, tmp_path):
    sent = [
        tmp_path / "a.jpg",
        write_zip(tmp_path / "b.zip", "cat.jpg"),
        *(tmp_path / f"{n}.jpg" for n in range(3)),
    ]
    for path in (sent[0], *sent[3:]):
        path.write_bytes(b"no picture")
    outcomes = batches(reader, kept_seconds=0.01).read(sent)
    for name in ("a.jpg", "cat.jpg", "0.jpg", "1.jpg"):
        os.utime(sent[-1], (0, 0))
        time.sleep(0.01)
        assert next(outcomes)[0] == name
        assert sent[-1].stat().st_mtime > 0
    sent[-1].unlink()
    ((name, error),) = outcomes
    assert (name, str(error)) == ("2.jpg", strings.GONE.format(minutes=0))
    for gone in (tmp_path / "gone.jpg", tmp_path / "gone.zip"):
        ((_, error),) = batches(reader).read([gone])
        assert str(error) == GONE
    with pytest.raises(PhotoError, match="kept for 10 minutes, and this one is gone"):
        batches(reader).names(tmp_path / "gone.zip")


def test_limits_of_zips_and_of_their_photos_are_those_given(reader, tmp_path):
    path = write_zip(tmp_path / "two.zip", "a.jpg", "b.jpg")
    strict = batches(reader, ZipSettings(max_entries=1))
    ((name, error),) = strict.read([path])
    assert (name, str(error)) == ("two.zip", "The zip holds more than the 1 files allowed.")
    assert strict.count([path]) == 1
    with pytest.raises(PhotoError, match="more than the 1 files"):
        strict.names(path)
    lengths = batches(
        SimpleNamespace(settings=PhotoSettings(max_bytes=100), read_or_error=len)
    ).read([path])
    assert list(lengths) == [("a.jpg", 101), ("b.jpg", 101)]


def test_a_zip_that_is_sorted_wrongly_is_refused_before_any_photo_is_read(
    reader, tmp_path, monkeypatch
):
    monkeypatch.setattr(reader, "read", None)
    path = write_zip(tmp_path / "faces.zip", "Female/a.jpg", "Male/b.jpg", "other/c.jpg")
    with pytest.raises(PhotoError, match="“other/c.jpg” does not"):
        next(read_zip(batches(reader), path, LABELS, gr.Progress()))


def test_a_zip_of_class_folders(reader, tmp_path):
    path = write_zip(tmp_path / "faces.zip", "Female/a.jpg", "male/b.jpg")
    outcomes = list(read_zip(batches(reader), path, LABELS, lambda *_, **__: None))
    assert [(name, outcome.faces) for name, outcome in outcomes] == [
        ("Female/a.jpg", ()),
        ("male/b.jpg", ()),
    ]
    (tmp_path / "no.zip").write_bytes(b"no zip")
    with pytest.raises(PhotoError, match="not a zip file"):
        next(read_zip(batches(reader), tmp_path / "no.zip", LABELS, gr.Progress()))


def test_figures_are_said_of_every_photo_as_in_readme():
    figures = json.loads((Path(BUNDLED_MODEL) / "metrics.json").read_text())
    said = say_figures(read_published(Path(BUNDLED_MODEL)))
    whole, every = figures["all"], figures["misses_as_errors"]
    assert said.startswith(f"{100 * whole['accuracy']:.1f} % of {whole['n']:,} photos")
    assert f"In {figures['missed']} of them no face" in said
    assert f"counting these as errors, {100 * every['accuracy']:.1f} % are right" in said
    readme = (ROOT / "README.md").read_text()
    for figure in (whole, every, whole["covered"]):  # the same as README's
        assert f"| {100 * figure['accuracy']:.1f} % [" in readme
    assert f"decided faces, {100 * whole['coverage']:.1f} % of all" in readme


@pytest.mark.parametrize(
    "ask",
    [
        ("explain",),
        ("choose", SimpleNamespace(pick=1)),
        ("judge", SimpleNamespace(pick=0.9)),
        ("share", None),
    ],
    ids=lambda ask: ask[0],
)
def test_what_was_forgotten_is_said_to_be(reader, ask):
    name, *rest = ask
    with pytest.raises(gr.Error) as told:
        getattr(PhotoEvents(reader), name)(FORGOTTEN, *rest)
    assert (told.value.message, told.value.print_exception) == (strings.FORGOTTEN, False)


def test_answers_that_were_forgotten_are_said_to_be(reader):
    with pytest.raises(gr.Error) as told:
        correct(reader, None, SimpleNamespace(corrections={}))
    assert told.value.message == strings.FORGOTTEN_MANY


def test_a_photo_that_was_purged_while_it_waited_is_said_to_be_forgotten(
    reader, tmp_path, monkeypatch
):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    path = str(tmp_path / "purged.jpg")
    assert escape(strings.FORGOTTEN) in str(PhotoEvents(reader).read(path))
    with pytest.raises(gr.Error) as told:
        Endpoints(reader, batches(reader), videos(reader)).predict(path)
    assert told.value.message == strings.FORGOTTEN


@pytest.mark.parametrize("sent", [None, __file__], ids=["nothing", "no photo"])
def test_nothing_shown_is_nothing_forgotten(reader, sent):
    events = PhotoEvents(reader)
    (state, *_) = events.read(sent)
    assert events.explain(state) == ""
    chosen, judged = SimpleNamespace(pick=1), SimpleNamespace(pick=0.9)
    for answer in (*events.choose(state, chosen), *events.judge(state, judged)[1:]):
        assert answer == gr.skip()


def test_another_threshold_labels_what_is_shown(reader, astronaut_file):
    events = PhotoEvents(reader)
    (state, *_) = events.read(str(astronaut_file))
    (chosen, judged, *_) = events.judge(state, SimpleNamespace(pick="1"))
    assert chosen == 1.0
    assert [scored.label for scored in judged.result.faces] == ["uncertain"]
    assert "Face 1" in events.explain(judged)
    shared = events.share(judged, SimpleNamespace(numbers=True, blur=False))
    assert 'download="faces.jpg"' in shared
