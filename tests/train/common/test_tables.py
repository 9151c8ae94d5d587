"""Tables and texts as people save them -> the same rows."""

import codecs
from pathlib import Path

import pytest

from face_gender.runtime.texts import decode
from train.annotate.answers import read_answers
from train.annotate.stage import read_pictures
from train.collect.stage import read_addresses
from train.common.errors import StageError
from train.common.flags import parse
from train.common.tables import read_table, with_numbers
from train.common.texts import unquote
from train.data import TRAIN
from train.data.sources import load_data
from train.settings import AnnotateSettings, CollectSettings, DataSettings, FitSettings, RunSettings

PLAIN = "image,gender\nJosé.jpg,m\nb.jpg,f\n"
ROWS = [("José.jpg", "m"), ("b.jpg", "f")]


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", PLAIN),
        ("LOUD.CSV", PLAIN),
        ("utf-8-mark.csv", codecs.BOM_UTF8 + PLAIN.encode()),
        ("utf-16.csv", PLAIN.encode("utf-16")),
        ("utf-16-be.csv", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be")),
        ("utf-16-no-mark.csv", PLAIN.encode("utf-16-le")),
        ("utf-32.csv", PLAIN.encode("utf-32")),
        ("excel.csv", PLAIN.encode("cp1252")),
        ("excel.tsv", PLAIN.replace(",", "\t").encode("utf-16")),
        ("semicolons.csv", PLAIN.replace(",", ";")),
        ("sep.csv", "sep=;\n" + PLAIN.replace(",", ";")),
        ("bars.csv", PLAIN.replace(",", "|")),
        ("windows.csv", PLAIN.replace("\n", "\r\n")),
        ("old-mac.csv", PLAIN.replace("\n", "\r")),
        ("quoted.csv", '"image","gender"\n"José.jpg", "m"\nb.jpg,f\n'),
        ("header.csv", PLAIN.replace("image,gender", " Image ,GENDER")),
        ("trailing.csv", PLAIN.replace("\n", ",\n")),
        ("blank-lines.csv", PLAIN.replace("\n", "\n\n") + ",\n"),
    ],
)
def test_every_way_to_save_a_table_gives_the_same_rows(tmp_path, name, content):
    rows = read_table(write(tmp_path / name, content), ("image", "gender"))
    assert list(rows[["image", "gender"]].itertuples(index=False, name=None)) == ROWS


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("b.xlsx", "PK", "b.xlsx is a spreadsheet: save it as CSV"),
        ("c.csv", b"PK\x03\x04rest", "c.csv is a spreadsheet: save it as CSV"),
        ("d.csv", bytes(range(40)), "d.csv is not a text file"),
        ("e.csv", "image,gender\na, b.jpg,m\n", "e.csv has 3 cells in line 2, but 2 columns"),
        ("f.csv", "image,image\na,b\n", "f.csv has two columns with the same name"),
        ("g.csv", None, "There is no file .*g.csv"),
    ],
)
def test_what_is_no_table_is_one_sentence(tmp_path, name, content, said):
    if content is not None:
        write(tmp_path / name, content)
    with pytest.raises(StageError, match=said):
        read_table(tmp_path / name)


def test_numbers_are_numbers_but_names_with_zeros_in_front_are_not(tmp_path):
    rows = read_table(
        write(tmp_path / "a.csv", "image,age,score,identity,note\n00012,3,0.5,007,\n13,,1,8,\n")
    )
    rows = with_numbers(rows, ("image",))
    assert rows["image"].tolist() == ["00012", "13"]
    assert rows["identity"].tolist() == ["007", "8"]
    assert rows["score"].tolist() == [0.5, 1]
    assert rows["age"].dropna().tolist() == [3]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("a", "a"),
        (' "C:\\a b.jpg" ', "C:\\a b.jpg"),
        ("'a'", "a"),
        ("“a”", "a"),
        ('"', '"'),
    ],
)
def test_unquote(text, plain):
    assert unquote(text) == plain


def test_bytes_that_cp1252_lacks_are_still_text():
    assert decode(b"a\x81b", "x") == "a\x81b"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("suffix", [".txt", ".CSV", ".tsv"])
def test_lists_of_addresses(tmp_path, encoding, suffix):
    text = '# José\r\n"http://a/1.jpg"\r\n' if suffix == ".txt" else "URL\r\nhttp://a/1.jpg\r\n"
    path = write(tmp_path / f"list{suffix}", text.encode(encoding))
    rows = read_addresses(CollectSettings(addresses=f' "{path}" '))
    assert rows["url"].tolist() == ["http://a/1.jpg"]


def test_lists_of_pictures_and_answers(tmp_path):
    (tmp_path / "photos").mkdir()
    write(tmp_path / "photos/00012", "x")
    path = write(tmp_path / "list.CSV", 'Image;note\r\n"photos\\00012";José\r\n'.encode("cp1252"))
    pictures = read_pictures(AnnotateSettings(pictures=f'"{path}"'), RunSettings(str(tmp_path)))
    assert pictures["image"].tolist() == ["../photos/00012"]
    answers = write(tmp_path / "ann.csv", "image;label\na;Male\nb;\n".encode("utf-16"))
    assert read_answers(answers) == {"a": "Male", "b": ""}
    with pytest.raises(StageError, match="should have the columns 'image' and 'label'"):
        read_answers(write(answers, "x\n1\n"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_recipes(tmp_path, encoding):
    path = write(tmp_path / "mine.txt", "# José\r\n--epochs 3\r\n".encode(encoding))
    (fit,) = parse(FitSettings, arguments=["--recipe", str(path)])
    assert fit.schedule.epochs == 3


@pytest.mark.parametrize("kind", ["txt", "csv", "CSV"])
def test_celeba_lists_from_windows(tmp_path, kind):
    attributes = "2\r\nMale Hat\r\n000001.jpg 1 -1\r\n000002.jpg -1 1\r\n"
    if kind != "txt":
        attributes = "image_id;Male;Hat\r\n000001.jpg;1;-1\r\n000002.jpg;-1;1\r\n"
    write(tmp_path / f"list_attr_celeba.{kind}", attributes.encode("utf-16"))
    part = load_data(DataSettings(data=str(tmp_path)))[TRAIN]
    assert part["file"][:] == ["000001.jpg", "000002.jpg"]
    assert part["Hat"][:] == [False, True]
