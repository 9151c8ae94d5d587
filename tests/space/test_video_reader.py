"""video_reader, video_result, chunks: a video -> who is on screen, for how long."""

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from face_gender.chunks import keep_frames, known_frames
from face_gender.photo import PhotoError
from face_gender.runtime.journal import Journal
from face_gender.screen_time import Moment
from face_gender.settings import PACKAGE, VideoSettings
from face_gender.sightings import Sighting
from face_gender.tracks import Track
from face_gender.video import VideoInfo
from face_gender.video_reader import Reading, VideoReader
from face_gender.video_result import VideoResult
from tests.support.clips import scenes, write_clip

SCHEMA = json.loads((PACKAGE / "result.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def clip(astronaut, tmp_path_factory):
    """A second of her, one of the empty place, and one of her again; 8 frames a second."""
    shown = scenes(astronaut)
    pictures = [shown["face"]] * 8 + [shown["empty"]] * 8 + [shown["face"]] * 8
    return write_clip(tmp_path_factory.mktemp("clips") / "a.mp4", pictures, rate=8)


@pytest.fixture(scope="module")
def videos(reader):
    return VideoReader(reader, VideoSettings())


def face(time, scores):
    return Sighting(time, 1.0, (0, 0, 9, 9), 1.0, scores, 1.0, np.zeros(432, np.int8))


def made(*tracks, seconds=4, threshold=0.6, confusion=None) -> VideoResult:
    """A result of tracks, each a list of (time, scores)."""
    found = tuple(
        Track(number, 1, tuple(face(*each) for each in faces))
        for number, faces in enumerate(tracks, 1)
    )
    moments = tuple(Moment(at, float(at), 1.0, 1) for at in range(seconds))
    info = VideoInfo(float(seconds), 25.0, "h264", 64, 64)
    return VideoResult(info, moments, found, threshold, ("Male", "Female"), "m", "r", confusion)


MALE, FEMALE, EITHER = (0.9, 0.1), (0.1, 0.9), (0.5, 0.5)


def test_nothing_seen():
    summary = made(seconds=0).summary
    assert (summary.seconds, summary.tracks, summary.face_seconds) == (0, 0, 0)
    assert [each.seconds for each in summary.by_label] == [0, 0, 0]
    assert summary.corrected == ()
    assert made(seconds=2).summary.without_face == 2


def test_seconds_and_shares_are_of_tracks_decisions():
    result = made([(0, MALE), (1, MALE), (2, EITHER)], [(0, FEMALE)], [(1, EITHER)])
    summary = result.summary
    assert [(each.label, each.seconds, each.tracks) for each in summary.by_label] == [
        ("Male", 3.0, 1),
        ("Female", 1.0, 1),
        ("uncertain", 1.0, 1),
    ]
    assert summary.without_face == 1
    male = summary.by_label[0]
    assert male.share == 0.6
    assert male.share_interval[0] == 0 < male.share < male.share_interval[1] == 1
    assert [len(faces) for _, faces in result] == [2, 2, 1, 0]


def test_the_correction_takes_wrong_guesses_back():
    confusion = np.array([[80, 20], [0, 100]])  # a fifth of the men are called women
    tracks = [[(at, MALE)] for at in range(40)] + [[(at, FEMALE)] for at in range(60)]
    corrected = made(*tracks, seconds=60, confusion=confusion).summary.corrected
    assert [each.share for each in corrected] == pytest.approx([0.5, 0.5])
    assert all(each.interval[0] < each.share < each.interval[1] for each in corrected)


def test_a_clip_of_three_shots(videos, clip):
    result = videos.read(clip)
    assert [(each.shot, each.start, each.end) for each in result.tracks] == [(1, 0, 1), (3, 2, 3)]
    summary = result.summary
    assert (summary.seconds, summary.shots, summary.without_face) == (3, 3, 1)
    record = json.loads(json.dumps(result.to_dict()))
    Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": "#/$defs/video"}).validate(record)
    assert [row["track"] for row in record["faces"]] == [1] * 4 + [2] * 4
    assert {row["label"] for row in record["tracks"]} <= {"Male", "Female", "uncertain"}
    assert result.tracks[0].best.thumbnail.startswith(b"\xff\xd8")
    table = result.to_pandas()
    assert list(table["time"]) == [row["time"] for row in record["faces"]]


def test_a_part(videos, clip):
    result = videos.read(clip, start=1.0, end=2.0)
    assert (result.tracks, result.summary.seconds, result.summary.without_face) == ((), 1, 1)
    with pytest.raises(PhotoError, match="ends before 7 seconds"):
        videos.read(clip, start=7)


@pytest.mark.parametrize("known", [0, 1, 5, 12])
def test_what_was_seen_before_is_not_seen_again_and_the_result_is_the_same(videos, clip, known):
    whole = Reading(videos, clip)
    frames = list(whole)
    on = Reading(videos, clip, known=frames[:known])
    assert len(list(on)) == 12 - known
    assert on.result().to_dict() == whole.result().to_dict()


def test_frames_come_back_out_of_the_journal_as_they_were(videos, clip, tmp_path, monkeypatch):
    monkeypatch.setattr("face_gender.chunks.FRAMES", 5)
    reading = Reading(videos, clip)
    with Journal(None, []) as journal:
        assert list(known_frames(journal, clip)) == []
        frames = list(keep_frames(journal, clip, 0, reading))
        back = list(known_frames(journal, clip))
        again = Reading(videos, clip, known=back)
        assert list(again) == []
        assert again.result().to_dict() == reading.result().to_dict()
        assert [face.thumbnail for each in back for face in each.faces] == [
            face.thumbnail for each in frames for face in each.faces
        ]
        content = clip.read_bytes()
        clip.write_bytes(content + b"\0")  # another file
        assert list(known_frames(journal, clip)) == []
        clip.write_bytes(content)
