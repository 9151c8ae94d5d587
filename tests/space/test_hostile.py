"""The short form of `make torture`: odd files and names, each a result or one sentence."""

import csv
import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_

from face_gender.photo import Photo, PhotoError, open_photo
from face_gender.report.html import escape, to_figure, to_html
from face_gender.report.tables import to_csv, to_json, to_record, to_rows, to_text
from face_gender.runtime.folders import skip_reason
from face_gender.settings import PhotoSettings, ZipSettings
from face_gender.zips import read_zip
from tests.conftest import ROOT
from tests.torture.corpus import NAMES, every_file, flip, named_files
from tests.torture.report import percentiles, slope

SECONDS = 5.0
PACKED = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
BEGINNINGS = (
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"II*\0",
    b"BM",
    b"P6 ",
    b"P6 2 1 255 ",
    b"P5 3 3 255 ",
)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of broken EXIF
few = settings(max_examples=60, deadline=None, derandomize=True)


def is_sentence(said: str) -> bool:
    return said.endswith(".") and "\n" not in said and len(said) < 200


def outcome_of(ask: Callable[[], Any]) -> Any:
    """What was asked for, or a PhotoError of one sentence; nothing else."""
    try:
        return ask()
    except PhotoError as error:
        if not is_sentence(str(error)):
            raise ValueError(f"this is no sentence: {error}") from error
        return error


def test_there_are_hundreds_of_odd_files_and_each_is_a_photo_or_a_sentence():
    count = photos = 0
    for name, content in every_file(bombs_too=False):
        count += 1
        begun = time.process_time()
        photo = outcome_of(lambda content=content: open_photo(content, side=640))
        assert time.process_time() - begun < SECONDS, name
        if isinstance(photo, Photo):
            photos += 1
            assert (photo.pixels.dtype, photo.pixels.shape[2:]) == (np.uint8, (3,)), name
            assert 0 < photo.scale <= 1, name
    assert count >= 500
    assert 100 < photos < count - 100


@few
@given(any_.binary(max_size=300), any_.sampled_from(BEGINNINGS))
def test_any_bytes(content, beginning):
    photo = outcome_of(lambda: open_photo(beginning + content, PhotoSettings(max_pixels=1e6)))
    assert isinstance(photo, PhotoError) or photo.pixels[..., 0].size <= 1e6


@few
@given(any_.integers(0, 2**32), any_.integers(1, 40), any_.sampled_from(PACKED))
def test_any_zip_with_flipped_bits(tmp_path_factory, seed, bits, packed_by):
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    with zipfile.ZipFile(path, "w", packed_by) as packed:
        for number in range(3):
            packed.writestr(f"{number}.jpg", b"photo" * 100)
    path.write_bytes(flip(path.read_bytes(), bits, random.Random(seed)))
    entries = outcome_of(lambda: list(read_zip(path, ZipSettings(max_entries=10))))
    for _, content in [] if isinstance(entries, PhotoError) else entries:
        assert isinstance(content, PhotoError) or len(content) <= PhotoSettings().max_bytes + 1
    assert [each.name for each in path.parent.iterdir()] == ["a.zip"]


@few
@given(any_.text())
def test_any_name_in_a_table(name):
    rows = to_rows(name, PhotoError("No."))
    (_, found) = csv.reader(io.StringIO(to_csv(rows, ["a"]), newline=""))
    assert found[0] in (name, "'" + name)
    assert not found[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert len(to_text(rows, ["a"]).splitlines()) == 2
    assert to_text(rows, ["a"]).replace("\n", "").isprintable()
    assert json.loads("".join(to_json([to_record(name, PhotoError("No."))])))[0]["photo"] == name


@few
@given(any_.text() | any_.sampled_from(NAMES))
def test_any_name_on_a_page(name):
    plain, named = (
        "".join(to_html([to_figure(each, PhotoError(each))], each)) for each in ("a", name)
    )
    assert named.count("<") == plain.count("<")
    assert not set("<>{}$`\\\"'") & set(escape(name))


def test_names_that_look_like_something_else(tmp_path, small_model):
    """The command line on a folder of them: each has its row, and nothing lies elsewhere."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, content in named_files():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-m", "face_gender", str(folder), "--model", str(small_model)]
    command += [
        word
        for kind in ("csv", "json", "html")
        for word in (f"--{kind}", str(tmp_path / f"t.{kind}"))
    ]
    before = set(ROOT.iterdir())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    hidden = [name for name in NAMES if skip_reason(name)]
    said = f"Skipped in {folder}: hidden files and folders ({len(hidden)}).\n" if hidden else ""
    assert done.returncode == 0
    assert done.stderr.startswith(f"{said}{len(NAMES) - len(hidden)} photos, no face; ")
    assert len(done.stdout.splitlines()) == len(NAMES) - len(hidden) + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "photos",
        "t.csv",
        "t.html",
        "t.json",
    ]
    assert len(list(folder.iterdir())) == len(NAMES)
    assert set(ROOT.iterdir()) == before
    assert "<script>alert(1)" not in (tmp_path / "t.html").read_text()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="the fuzzer is for Linux")
@pytest.mark.parametrize("target", ["photo", "zip", "csv", "html"])
def test_fuzzer(target, tmp_path):
    command = [
        "sh",  # forks again: libFuzzer counts the peak memory of the process it was forked from
        "-c",
        '"$@"; exit',
        "sh",
        sys.executable,
        "-m",
        "tests.torture.fuzz",
        target,
        "-runs=300",
        f"-artifact_prefix={tmp_path}/",
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_slope_of_nothing_of_a_line_and_of_noise():
    x = np.arange(400) / 1000
    assert slope(x, x * 0 + 7) == pytest.approx((0, 0, 0), abs=1e-9)
    assert slope(x, 3 * x + 7)[0] == pytest.approx(3)
    fitted, low, high = slope(x, np.random.default_rng(0).normal(300, 5, 400))
    assert low < 0 < high
    assert low < fitted < high
    assert percentiles([1.0]) == "median 1.00 s, 90 % 1.00, 99 % 1.00, most 1.00"
