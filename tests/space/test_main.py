"""The command line, as a process and as a function."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from face_gender.__main__ import find_photos, main
from tests.conftest import LABELS, ROOT

HEADER = [
    "photo",
    "status",
    "face",
    "left",
    "top",
    "right",
    "bottom",
    "confidence",
    "label",
    *LABELS,
]


@pytest.fixture
def photos(tmp_path, astronaut):
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    Image.fromarray(astronaut).save(folder / "a.png")
    Image.new("RGB", (90, 80), "grey").save(folder / "deeper" / "=wall.JPG", "JPEG")
    (folder / "notes.txt").write_text("no photo")
    return folder


def read_csv(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "face_gender", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )


def test_folder_to_every_kind_of_file(photos, small_model, tmp_path, capsys):
    outs = [tmp_path / name for name in ("t.csv", "t.json", "t.html")]
    flags = [
        str(part)
        for flag, out in zip(("--csv", "--json", "--html"), outs, strict=True)
        for part in (flag, out)
    ]
    assert main([str(photos), "--model", str(small_model), *flags]) == 0
    face, wall = read_csv(outs[0])
    assert list(face) == HEADER
    assert face["status"] == "ok"
    assert face["label"] in (*LABELS, "uncertain")
    assert sum(float(face[label]) for label in LABELS) == pytest.approx(1, abs=1e-3)
    assert wall["status"] == "no_face"
    assert all(wall[name] == "" for name in HEADER[2:])
    records = json.loads(outs[1].read_text())
    assert [record["status"] for record in records] == ["ok", "no_face"]
    assert records[0]["faces"][0]["label"] == face["label"]
    page = outs[2].read_text()
    assert page.count("<figure") == 2
    assert page.count("data:image/jpeg;base64,") == 2
    assert "http" not in page
    assert "No face found" in page
    said = capsys.readouterr().out
    assert said.splitlines()[0].split() == HEADER
    assert not list(tmp_path.glob("*.part"))


def test_broken_photo_has_its_row_and_exit_code_1(photos, small_model, tmp_path, capsys):
    (photos / "b.jpg").write_bytes(b"no picture")
    assert main([str(photos), "--model", str(small_model), "--csv", str(tmp_path / "t.csv")]) == 1
    statuses = [row["status"] for row in read_csv(tmp_path / "t.csv")]
    assert statuses[0] == "ok"
    assert statuses[1].startswith("error: This is not a picture")
    assert statuses[2] == "no_face"


def test_names_are_escaped_in_html_and_defused_in_csv(small_model, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (90, 80)).save("=1+1.png")
    Image.new("RGB", (90, 80)).save("<b>.png")
    assert (
        main(
            [
                "=1+1.png",
                "<b>.png",
                "--model",
                str(small_model),
                "--csv",
                "t.csv",
                "--html",
                "t.html",
            ]
        )
        == 0
    )
    assert [row["photo"] for row in read_csv(tmp_path / "t.csv")] == ["'=1+1.png", "<b>.png"]
    assert "<b>.png" not in (tmp_path / "t.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "PATH"),
        (["--threshold", "2", "space/examples"], "in 0..1"),
        (["--threshold", "much", "space/examples"], "invalid float"),
        (["--model", "no/such/model/anywhere", "space/examples"], "neither a folder here"),
        (["train"], "no photos or videos in train"),
        (["--csv", "no/such/folder/t.csv", "space/examples"], "does not exist"),
        (["--csv", "space", "space/examples"], "is a folder"),
        (["--csv", "t", "--json", "t", "space/examples"], "named twice"),
        (["--csv", "space/examples/astronaut.jpg", "space/examples"], "named twice"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_sentence(arguments, said, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_names_no_table_can_hold(small_model, tmp_path, capsys):
    """A name that is no UTF-8, one with a line break, and one too long to exist."""
    odd = [
        os.fsdecode(os.fsencode(tmp_path) + name) for name in (b"/bad\xff.png", b"/new\nline.png")
    ]
    for name in odd:
        Image.new("RGB", (90, 80)).save(name)
    assert (
        main([*odd, "a" * 300, "--model", str(small_model), "--csv", str(tmp_path / "t.csv")]) == 1
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "bad\\xff.png" in lines[1]
    assert "new\\nline.png" in lines[2]
    assert [row["status"] for row in read_csv(tmp_path / "t.csv")][:2] == ["no_face"] * 2


@pytest.mark.slow
def test_as_a_process(photos, small_model):
    done = run(photos, "--model", small_model)
    assert (done.returncode, done.stderr) == (
        0,
        f"Skipped in {photos}: files of other kinds (1).\n",
    )
    assert "no_face" in done.stdout
    assert run(photos / "none.jpg", "--model", small_model).returncode == 1
    assert run().returncode == 2


@pytest.mark.slow
def test_who_stops_reading_the_table_stops_nothing(photos, small_model, tmp_path):
    """As `head` does; the pipe is shut before anything is printed."""
    read, write = os.pipe()
    os.close(read)
    command = [
        sys.executable,
        "-m",
        "face_gender",
        photos,
        "--model",
        small_model,
        "--csv",
        tmp_path / "t.csv",
    ]
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (
        0,
        f"Skipped in {photos}: files of other kinds (1).\n",
    )
    assert len(read_csv(tmp_path / "t.csv")) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "t.csv"]


def test_find_photos_keeps_named_files_and_sorts_folders(photos):
    found, said = find_photos([photos / "notes.txt", photos])
    assert [path.name for path in found] == ["notes.txt", "a.png", "=wall.JPG"]
    assert said == [f"Skipped in {photos}: files of other kinds (1)."]


@pytest.mark.parametrize("blur", [False, True])
def test_annotated_photo(photos, small_model, tmp_path, astronaut, blur):
    out = tmp_path / "marked.png"
    words = [str(photos / "a.png"), "--model", str(small_model), "--annotated", str(out)]
    assert main([*words, *(["--blur"] if blur else [])]) == 0
    changed = np.abs(np.asarray(Image.open(out)).astype(int) - astronaut)
    assert bool(changed[90:140, 200:250].mean() > 15) is blur  # inside the box
    assert changed.max() > 100  # the box
