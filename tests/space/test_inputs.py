"""inputs: what a command is given, under the paths that tables call it."""

import zipfile

import pytest
from PIL import Image

from face_gender.inputs import Inputs
from face_gender.photo import PhotoError
from face_gender.photo_groups import group_photos


def write_zip(path, **contents: bytes):
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in contents.items():
            packed.writestr(f"{name}.jpg", content)


def test_nothing_named():
    inputs = Inputs([])
    assert (inputs.paths, inputs.skipped, list(inputs.read([]))) == ([], [], [])


def test_named_files_are_kept_and_folders_sorted(tmp_path):
    (tmp_path / "deeper").mkdir()
    for name in ("notes.txt", "a.png", "deeper/=wall.JPG"):
        (tmp_path / name).touch()
    inputs = Inputs([tmp_path / "notes.txt", tmp_path])
    assert [path.name for path in inputs.paths] == ["notes.txt", "a.png", "=wall.JPG"]
    assert inputs.skipped == [f"Skipped in {tmp_path}: files of other kinds (1)."]
    assert list(inputs.read(inputs.paths)) == inputs.paths


def test_some_photos_of_a_zip_are_read_and_a_changed_zip_is_told(tmp_path):
    path = tmp_path / "a.zip"
    write_zip(path, a=b"1", b=b"2", c=b"3")
    inputs = Inputs([path, tmp_path / "d.jpg"])
    assert [str(each.relative_to(tmp_path)) for each in inputs.paths] == [
        *("a.zip/a.jpg", "a.zip/b.jpg", "a.zip/c.jpg"),
        "d.jpg",
    ]
    assert list(inputs.read(inputs.paths[1:])) == [b"2", b"3", tmp_path / "d.jpg"]
    before = inputs.stamp
    write_zip(path, a=b"1", b=b"22")
    assert [str(each) for each in inputs.read(inputs.paths[:3])] == [
        *("b'1'", "b'22'"),
        "The zip was changed while it was read.",
    ]
    assert inputs.stamp != before
    path.unlink()
    assert all(isinstance(each, PhotoError) for each in inputs.read(inputs.paths[:3]))


def test_groups_of_one_folder_are_its_subfolders(tmp_path):
    for name in ("a.png", "1990/b.png", "1990/may/c.png", "2020/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (9, 9)).save(tmp_path / name)
    assert list(group_photos("folder", Inputs([tmp_path])).of.values()) == [
        *("1990", "1990", "2020"),
        tmp_path.name,
    ]


def test_groups_of_a_table_beside_the_photos(tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="--by age needs .*metadata.csv"):
        group_photos("age", Inputs([tmp_path]))
    table = tmp_path / "metadata.csv"
    text = "\ufefffile_name,age\nb.png,3-9\na.png, 10-19 \ngone.png,1\n,2\n"
    table.write_text(text, encoding="utf-8")
    found = group_photos("age", Inputs([tmp_path])).of
    assert {path.name: group for path, group in found.items()} == {
        "a.png": "10-19",
        "b.png": "3-9",
        "c.png": "unknown",
    }
    for content, said in (
        (b"file_name,race\n", "has no column age; it has race"),
        (b"age\n1\n", "has no column file_name, photo, image, file or path"),
        (b"", "is empty"),
        (b"file_name,age\nx/a.png,1\n", "names none of the photos"),
        (bytes(range(40)), "is not a text file"),
    ):
        table.write_bytes(content)
        with pytest.raises(ValueError, match=said):
            group_photos("age", Inputs([tmp_path]))


def test_groups_of_a_table_in_a_zip_or_beside_it(tmp_path):
    path = tmp_path / "a.zip"
    write_zip(path, **{"x/a": b"1", "x/b": b"2"})
    (tmp_path / "metadata.csv").write_bytes("file;age\nx/a.jpg;café\n".encode("cp1252"))
    assert list(group_photos("age", Inputs([path])).of.values()) == ["café", "unknown"]
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("x/metadata.csv", "file_name,age\nb.jpg,3\n".encode("utf-16"))
    assert list(group_photos("age", Inputs([path])).of.values()) == ["unknown", "3"]
