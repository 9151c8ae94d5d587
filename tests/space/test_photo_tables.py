"""photo_tables: a table as people save it, and the photos -> the group of each."""

from pathlib import PurePosixPath

import pytest

from face_gender.photo import PhotoError
from face_gender.photo_tables import read_photo_table
from face_gender.zips import TABLE_BYTES


def table(content: bytes | str, folder: str = ""):
    content = content.encode() if isinstance(content, str) else content
    return read_photo_table("a.csv", content, PurePosixPath(folder))


PHOTOS = ["x/1.jpg", "x/2.jpg", "y/1.jpg", "y/z/3.jpg"]


@pytest.mark.parametrize(
    ("folder", "lines", "groups"),
    [
        ("", "x/1.jpg,a\nx/2.jpg,\n", {"x/1.jpg": "a", "x/2.jpg": "unknown"}),
        ("x", "1.jpg,a\n./2.jpg,NA\n", {"x/1.jpg": "a", "x/2.jpg": "unknown"}),
        ("", "3.jpg,a\n", {"y/z/3.jpg": "a"}),  # the one that ends so
        ("", "1.jpg,a\nz\\3.jpg,b\n", {"y/z/3.jpg": "b"}),  # 1.jpg could be two
        ("", "3.jpg,a\nz/3.jpg,a\n,b\n", {"y/z/3.jpg": "a"}),
    ],
)
def test_paths_start_at_the_tables_folder_or_end_as_one_photo_does(folder, lines, groups):
    assert table(f"file_name,age\n{lines}", folder).groups("age", PHOTOS) == groups


def test_photos_of_the_same_name_have_no_group():
    found = table("file,age\na.jpg,1\nb.jpg,2\n")
    assert found.groups("age", ["a.jpg", "a.jpg", "b.jpg"]) == {"b.jpg": "2"}


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffImage,Ort \n1.jpg,Köln\n",
        "sep=;\nphoto;Ort\n1.jpg;Köln\n",
        "path\tOrt\n1.jpg\tKöln\n".encode("utf-16"),
        "Ort;FILE_NAME;\nKöln;1.jpg;\n".encode("cp1252"),
    ],
)
def test_tables_as_people_save_them(content):
    found = table(content)
    assert found.groups("Ort", ["1.jpg"]) == {"1.jpg": "Köln"}
    assert list(found.columns) == ["Ort"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv is empty"),
        ("name,age\n1,2\n", "a.csv has no column file_name, photo, image, file or path; it has"),
        ("file,age\n", "a.csv names none of the photos: it has no rows, and the first photo is x/"),
        ("file,age\n9.jpg,2\n", "it names 9.jpg, and the first photo is x/1.jpg"),
        ("file,race\nx/1.jpg,2\n", "a.csv has no column age; it has race"),
        ("file\nx/1.jpg\n", "a.csv has no column age; it has no other"),
        ("file,age\nx/1.jpg,1\nx/1.jpg,2\n", "a.csv names x/1.jpg twice, with age 1 and 2"),
        (b"PK\x03\x04", "a.csv is a spreadsheet"),
        (b"x" * (TABLE_BYTES + 1), "a.csv is larger than the 20 MB"),
        (PhotoError("It is torn."), "a.csv: It is torn."),
    ],
)
def test_a_table_of_no_use_is_one_sentence(content, said):
    with pytest.raises(ValueError, match=said):
        table(content).groups("age", PHOTOS)
