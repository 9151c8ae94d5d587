"""video: files of every kind -> frames by their time stamps, or one sentence."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from face_gender.photo import PhotoError
from face_gender.settings import VideoSettings
from face_gender.video import SENTENCES, Video
from tests.support.clips import turn_clip, write_clip, write_sound


def greys(n: int, side: int = 64) -> list[np.ndarray]:
    """N pictures, each lighter than the one before, lightest in the upper left."""
    ramp = np.linspace(1, 0.2, side)
    return [
        np.repeat((np.outer(ramp, ramp) * 250 * (at + 1) / n)[..., None], 3, 2).astype(np.uint8)
        for at in range(n)
    ]


def read(path, **options):
    with Video(path, **options) as video:
        return [*video], video


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "libx265"),
        ("a.mkv", "libsvtav1"),
        ("a.webm", "libvpx-vp9"),
        ("a.avi", "mpeg4"),
    ],
)
def test_every_container_and_codec(name, codec, tmp_path):
    frames, video = read(write_clip(tmp_path / name, greys(10), codec=codec))
    assert not hasattr(os, "SCHED_OTHER") or os.sched_getscheduler(0) == os.SCHED_OTHER
    assert [frame.time for frame in frames] == pytest.approx([0, 0.3, 0.5, 0.8], abs=0.01)
    assert sum(frame.seconds for frame in frames) == pytest.approx(1, abs=0.11)
    assert frames[0].photo.pixels.shape == (64, 64, 3)
    means = [frame.photo.pixels.mean() for frame in frames]
    assert means == sorted(means)
    assert video.info.duration == pytest.approx(1, abs=0.11)


def test_frames_stand_for_the_time_until_the_next_whatever_the_rate(tmp_path):
    path = write_clip(tmp_path / "a.mp4", greys(5), times=[0, 0.1, 2, 2.05, 5])
    frames, video = read(path)
    assert [frame.index for frame in frames] == [0, 8, 20]
    assert [frame.time for frame in frames] == pytest.approx([0, 2, 5])
    assert [frame.seconds for frame in frames[:2]] == pytest.approx([2, 3])


def test_a_thousand_frames_a_second(tmp_path):
    frames, _ = read(write_clip(tmp_path / "a.mp4", greys(100, 32) * 6, rate=1000))
    assert [frame.time for frame in frames] == pytest.approx([0, 0.25, 0.5])


def test_one_frame(tmp_path):
    frames, _ = read(write_clip(tmp_path / "a.mp4", greys(1)))
    assert [frame.time for frame in frames] == [0]
    assert 0 < frames[0].seconds <= 0.25


def test_from_start_to_end_and_on_after_a_frame_that_is_known(tmp_path):
    path = write_clip(tmp_path / "a.mp4", greys(40), options={"g": "10"})
    whole, _ = read(path)
    part, _ = read(path, start=1.0, end=2.0)
    assert [frame.time for frame in part] == [frame.time for frame in whole if 1 <= frame.time < 2]
    on, _ = read(path, start=whole[7].time, after=7)
    assert [frame.index for frame in on] == [frame.index for frame in whole[8:]]
    for one, other in zip(whole[8:], on, strict=True):
        assert np.array_equal(one.photo.pixels, other.photo.pixels)
    with pytest.raises(PhotoError, match="ends before 9 seconds"):
        read(path, start=9.0)


@pytest.mark.parametrize(
    ("turns", "brightest"), [(0, (0, 0)), (1, (0, 1)), (2, (1, 1)), (3, (1, 0))]
)
def test_a_turned_video_is_shown_upright(turns, brightest, tmp_path):
    (frame, *_), _ = read(
        turn_clip(write_clip(tmp_path / "a.mp4", [g[:48] for g in greys(3)]), turns)
    )
    assert (frame.photo.width, frame.photo.height) == ((64, 48) if turns % 2 == 0 else (48, 64))
    corners = frame.photo.pixels[[[0, 0], [-1, -1]], [[0, -1], [0, -1]]].mean(axis=2)
    assert divmod(int(corners.argmax()), 2) == brightest


def test_interlaced_frames_show_one_moment(tmp_path):
    comb = np.zeros((64, 64, 3), np.uint8)
    comb[::2, :32], comb[1::2, 32:] = 200, 200
    options = {"x264-params": "tff=1", "qp": "1"}
    (frame, *_), _ = read(write_clip(tmp_path / "a.mp4", [comb] * 5, options=options))
    rows = frame.photo.pixels[:, 8, 0].astype(int)
    assert frame.photo.pixels.shape == (64, 64, 3)
    assert np.ptp(rows) < 30


def test_large_frames_are_shrunk_and_too_large_ones_refused(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [np.zeros((400, 800, 3), np.uint8)])
    (frame,), _ = read(path, settings=VideoSettings(video_side=200))
    assert frame.photo.pixels.shape == (100, 200, 3)
    assert (frame.photo.width, frame.photo.height) == (800, 400)
    with pytest.raises(PhotoError, match="more than the 0.1 megapixels"):
        read(path, settings=VideoSettings(max_frame_pixels=100_000))


def hostile(folder) -> dict[str, tuple[bytes, str]]:
    """Files that are no video that can be read -> what is said of each."""
    whole = write_clip(folder / "whole.mp4", greys(20)).read_bytes()
    sound = write_sound(folder / "sound.mp4").read_bytes()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nwhole.mp4\n#EXT-X-ENDLIST\n"
    return {
        "empty.mp4": (b"", "The file is empty."),
        "noise.mp4": (bytes(range(256)) * 9, SENTENCES["format"]),
        "cut.mp4": (whole[: len(whole) // 2], SENTENCES["format"]),
        "sound.mp4": (sound, SENTENCES["no_video"]),
        "list.m3u8": (playlist, SENTENCES["format"]),
        "concat.mkv": (b"ffconcat version 1.0\nfile whole.mp4\n", SENTENCES["format"]),
        "encrypted.mp4": (whole.replace(b"avc1", b"encv"), SENTENCES["encrypted"]),
        "unknown.mp4": (whole.replace(b"avc1", b"zzzz"), SENTENCES["codec"]),
    }


def test_what_is_no_video_is_told_in_one_sentence(tmp_path):
    for name, (content, said) in hostile(tmp_path).items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PhotoError) as told:
            read(tmp_path / name)
        assert (name, str(told.value)) == (name, said)


def test_what_is_no_file_is_told(tmp_path):
    for path, said in (
        (tmp_path, "a folder"),
        (tmp_path / "none.mp4", "no such file"),
        ("\0", "name cannot be used"),
    ):
        with pytest.raises(PhotoError, match=said):
            read(path)


def test_damage_in_the_middle_is_skipped(tmp_path):
    chance = np.random.default_rng(0)
    noise = [chance.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(40)]
    path = write_clip(tmp_path / "a.avi", noise, options={"g": "4"})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = chance.bytes(2000)
    path.write_bytes(content)
    frames, _ = read(path)
    assert len(frames) >= 8


def test_a_decoder_that_stalls_is_ended(tmp_path):
    path = write_clip(tmp_path / "a.mp4", greys(10))
    with Video(path) as video:  # which may take longer on a busy machine
        video._settings = VideoSettings(stall_seconds=0.5)
        os.kill(video._decoder.pid, 19)  # SIGSTOP: it hangs
        with pytest.raises(PhotoError, match=r"no progress for 0\.5 seconds and was stopped"):
            list(video)
    assert video._decoder.returncode == -9


def test_a_decoder_that_crashes_is_a_sentence(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [np.zeros((720, 1280, 3), np.uint8)] * 40)
    with Video(path) as video:
        os.kill(video._decoder.pid, 11)
        with pytest.raises(PhotoError, match="made its decoder crash"):
            list(video)


def test_memory_is_bounded(tmp_path):
    path = write_clip(tmp_path / "a.mp4", greys(10))
    with pytest.raises(PhotoError, match=r"more memory|crash"):
        read(path, settings=VideoSettings(decoder_mb=100))


def test_a_killed_reader_leaves_no_decoder(tmp_path):
    path = write_clip(tmp_path / "a.mp4", greys(40, 512))
    code = (
        "import os, time; from face_gender.video import Video; "
        f"v = Video({str(path)!r}); print(v._decoder.pid, flush=True); time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    decoder = int(run.stdout.readline())
    run.kill()
    run.wait()
    run.stdout.close()
    end = time.monotonic() + 20
    open_files = Path(f"/proc/{decoder}/fd/1")
    while time.monotonic() < end and open_files.exists():
        time.sleep(0.05)
    assert not open_files.exists()
