"""A table sent with many photos: what it offers, and what is said where it is of no use."""

import zipfile
from types import SimpleNamespace

import gradio as gr
import pytest

from face_gender.settings import PageSettings, ZipSettings
from face_gender.ui import strings
from face_gender.ui.batch import BatchReader
from face_gender.ui.tabs.compare import compare
from face_gender.ui.tabs.folder import read_many
from tests.conftest import LABELS, ROOT

CAT = ROOT / "space" / "examples" / "cat.jpg"
GOOD = "file_name,age,label\nx/cat.jpg,3-9,a\n"


def read(reader, folder, packed: dict[str, str], beside: dict[str, str]):
    """Tables in a zip with one photo, and beside it -> what the tab's boxes hold."""
    sent = [folder / "photos.zip", *(folder / name for name in beside)]
    with zipfile.ZipFile(sent[0], "w") as out:
        out.write(CAT, "x/cat.jpg")
        for name, text in packed.items():
            out.writestr(name, text)
    for name, text in beside.items():
        (folder / name).write_text(text)
    batches = BatchReader(reader, PageSettings(), ZipSettings())
    return read_many(reader, batches, sent, None, lambda *_, **__: None)


@pytest.mark.parametrize(
    ("packed", "beside", "said"),
    [
        ({}, {}, ""),
        ({}, {"a.csv": GOOD}, "a.csv names 1 of 1 photos"),
        ({"x/a.csv": GOOD.replace("x/", "")}, {}, "x/a.csv names 1 of 1 photos"),
        ({"a.csv": GOOD}, {"b.csv": GOOD}, "There are 2 tables, such as b.csv and a.csv: send one"),
        ({}, {"a.csv": "file,age\nb.jpg,1\n"}, "a.csv names none of the photos: it names b.jpg"),
        ({}, {"a.csv": "age\n1\n"}, "a.csv has no column file_name, photo, image, file or path"),
        ({}, {"a.csv": "file,label\nx/cat.jpg,1\n"}, "a.csv has no column to compare by"),
        ({}, {"a.csv": ""}, "a.csv is empty"),
        ({}, {"a.xlsx": "PK"}, "a.xlsx is a spreadsheet: save it as CSV"),
    ],
)
def test_a_table_is_offered_or_refused_in_a_sentence(reader, tmp_path, packed, beside, said):
    columns, compared, report, *_, held = read(reader, tmp_path, packed, beside)
    assert said in columns
    assert (held.table is None) == ("names 1 of 1" not in said)
    assert ('role="alert"' in columns) == (held.table is None and bool(said))
    assert ("<option>age</option>" in columns) == (held.table is not None)
    assert "<option>label</option>" not in columns  # the table of faces has it
    assert (compared, "1 photo without a face" in report, "Skipped" in report) == ("", True, False)


def test_nothing_to_compare(reader, tmp_path):
    *_, held = read(reader, tmp_path, {}, {"a.csv": GOOD})
    assert strings.NOTHING_TO_COMPARE in compare(held, "age", LABELS)
    for column in ("", "label", "gone"):
        assert compare(held, column, LABELS) == ""
    twice = SimpleNamespace(**vars(held) | {"photos": ["a.jpg"]})
    assert "names none of the photos" in compare(twice, "age", LABELS)
    with pytest.raises(gr.Error) as told:
        compare(None, "age", LABELS)
    assert told.value.message == strings.FORGOTTEN_MANY
