"""The command line, as a process and as a function."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from face_gender.__main__ import main
from face_gender.report.shares import SHARE_COLUMNS
from face_gender.settings import VERSION
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
MADE = ["threshold", "model", "revision", "version", "date"]


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
    assert list(face) == [*HEADER, *MADE]
    assert face["status"] == "ok"
    assert face["label"] in (*LABELS, "uncertain")
    assert sum(float(face[label]) for label in LABELS) == pytest.approx(1, abs=1e-3)
    assert wall["status"] == "no_face"
    assert all(wall[name] == "" for name in HEADER[2:])
    assert [wall[name] for name in MADE] == [face[name] for name in MADE]
    assert (face["model"], face["version"]) == (small_model.name, VERSION)
    records = json.loads(outs[1].read_text())
    assert [record["status"] for record in records] == ["ok", "no_face"]
    assert records[0]["faces"][0]["label"] == face["label"]
    for record in records:
        assert {name: str(record[name]) for name in MADE} == {name: face[name] for name in MADE}
    page = outs[2].read_text()
    assert page.count("<figure") == 2
    assert page.count("data:image/jpeg;base64,") == 2
    assert "http" not in page
    assert "No face found" in page
    said, totals = capsys.readouterr()
    assert said.splitlines()[0].split() == HEADER
    lines = totals.splitlines()
    assert lines[1].startswith("2 photos, 1 face, ")
    assert lines[1].endswith("; 1 photo without a face, 0 that could not be read.")
    assert lines[2].startswith("Male: ")
    assert "how often this model is wrong" in lines[4]
    assert all(line in page for line in (lines[1], lines[4], lines[5]))
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
        (
            ["--by", "age", "space/examples"],
            "--by age needs space/examples/metadata.csv; --by folder",
        ),
        (["--check", "README.md", "space/examples"], "README.md is no check"),
        (["--csv", "t.csv", "--by", "folder", "t.shares.csv"], "t.shares.csv is named twice"),
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
    assert done.returncode == 0
    assert done.stderr.startswith(f"Skipped in {photos}: files of other kinds (1).\n2 photos, ")
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
    assert done.returncode == 0
    assert done.stderr.startswith(f"Skipped in {photos}: files of other kinds (1).\n2 photos, ")
    assert len(read_csv(tmp_path / "t.csv")) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "t.csv"]


def test_version_and_help(capsys):
    for flag, said in (("--version", f"face-gender {VERSION}"), ("--help", "--by folder")):
        with pytest.raises(SystemExit) as ended:
            main([flag])
        assert ended.value.code == 0
        assert said in capsys.readouterr().out


def test_groups_of_a_zip_and_a_photo_from_a_pipe(
    photos, astronaut_file, small_model, tmp_path, capsys, monkeypatch
):
    """A zip with a broken file, one that is no zip, and standard input, by folder."""
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as packed:
        packed.write(astronaut_file, "b.jpg")
        packed.writestr("a.jpg", b"no picture")
    (tmp_path / "torn.zip").write_bytes(b"no zip")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(astronaut_file.read_bytes())))
    monkeypatch.chdir(tmp_path)
    names = ["photos", "old.zip", "torn.zip", "-"]
    flags = [*names, "--model", str(small_model), "--by", "folder", "--html", "t.html"]
    assert main([*flags, "--csv", "t.csv", "--json", "t.json"]) == 1
    rows = read_csv(tmp_path / "t.csv")
    assert [(row["photo"], row["status"][:5], row["folder"]) for row in rows] == [
        ("photos/a.png", "ok", "photos"),
        ("photos/deeper/=wall.JPG", "no_fa", "photos"),
        ("old.zip/a.jpg", "error", "old.zip"),
        ("old.zip/b.jpg", "ok", "old.zip"),
        ("torn.zip", "error", "."),
        ("stdin", "ok", "."),
    ]
    shares = read_csv(tmp_path / "t.shares.csv")
    assert list(shares[0]) == list(SHARE_COLUMNS)
    assert [(row["group"], row["label"], row["faces"]) for row in shares[::2]] == [
        ("every face", "Male", "3"),
        (".", "Male", "1"),
        ("old.zip", "Male", "1"),
        ("photos", "Male", "1"),
    ]
    same = json.loads((tmp_path / "t.shares.json").read_text())
    assert [str(row["guessed_low"]) for row in same] == [row["guessed_low"] for row in shares]
    assert "By folder" in (tmp_path / "t.html").read_text()
    assert "folder photos, 1 face: Male: " in capsys.readouterr().err


@pytest.mark.parametrize("blur", [False, True])
def test_annotated_photo(photos, small_model, tmp_path, astronaut, blur):
    out = tmp_path / "marked.png"
    words = [str(photos / "a.png"), "--model", str(small_model), "--annotated", str(out)]
    assert main([*words, *(["--blur"] if blur else [])]) == 0
    changed = np.abs(np.asarray(Image.open(out)).astype(int) - astronaut)
    assert bool(changed[90:140, 200:250].mean() > 15) is blur  # inside the box
    assert changed.max() > 100  # the box
