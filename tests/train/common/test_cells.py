"""Every form of a picture in a row -> its bytes, the same for train.data and train.score."""

import base64
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from face_gender.photo import PhotoError
from tests.support.greys import grey
from train.common.cells import find_file, from_base64
from train.common.errors import StageError
from train.data import PHOTO, TRAIN
from train.data.fingerprints import bytes_or_error, fingerprint_one, probe
from train.data.sources import load_data
from train.score.pieces import read_piece
from train.score.sources import plan_pieces
from train.settings import DataSettings
from train.settings.score import ScoreSettings

CONTENT = grey(1)
TEXT = base64.b64encode(CONTENT).decode()


def struct(content: bytes | None, path: str | None) -> dict:
    return {"bytes": content, "path": path}


CELLS = [  # the cell, and its sentence where it holds no picture
    (CONTENT, None),
    (struct(CONTENT, "gone.png"), None),
    (struct(None, "photos/00012"), None),
    ("photos/00012", None),
    ("photos\\00012", None),
    ("00012", None),
    (' "photos\\00012" ', None),
    (TEXT, None),
    (f"data:image/png;base64,{TEXT}", None),
    (struct(None, TEXT), None),
    ("wrong/00012", "There is no such file: {folder}/wrong/00012"),
    ("wrong\\00012", "There is no such file: {folder}/wrong/00012"),
    (struct(None, "wrong/00012"), "There is no such file: {folder}/wrong/00012"),
    (struct(None, None), "The row holds no photo."),
    ("", "The row holds no photo."),
    ("photos", "{folder}/photos is a folder or a device, not a picture."),
    ("data:image/png;base64,????", "The row's base64 text is damaged."),
    (b"", "The file is empty."),
    (struct(b"", None), "The file is empty."),
]


def write_rows(folder: Path, cell: object) -> Path:
    """Two rows of the cell, one a class, in folder/photos/rows.parquet."""
    (folder / "photos").mkdir()
    (folder / "photos/00012").write_bytes(CONTENT)
    table = arrow.table({"image": [cell, cell], "gender": ["m", "f"]})
    parquet.write_table(table, folder / "photos/rows.parquet")
    return folder


def data_says(source: Path) -> str | bytes:
    content = bytes_or_error(load_data(DataSettings(data=str(source)))[TRAIN][0][PHOTO])
    error = fingerprint_one(content)["error"]
    return error or content


def score_says(source: Path) -> str | bytes:
    settings = ScoreSettings(data=str(source))
    _, content, _ = next(read_piece(plan_pieces(settings)[0], settings.photo_column))
    error = str(content) if isinstance(content, PhotoError) else fingerprint_one(content)["error"]
    return error or content


@pytest.mark.parametrize(("cell", "said"), CELLS)
def test_data_and_score_read_the_same_forms_of_parquet(tmp_path, cell, said):
    source = write_rows(tmp_path, cell)
    expected = said.format(folder=tmp_path) if said else CONTENT
    assert data_says(source) == score_says(source) == expected


@pytest.mark.parametrize(("cell", "said"), [one for one in CELLS if isinstance(one[0], str)])
def test_data_and_score_read_the_same_forms_of_csv(tmp_path, cell, said):
    (tmp_path / "photos").mkdir()
    for name in ("photos/00012", "00012"):
        (tmp_path / name).write_bytes(CONTENT)
    quoted = cell.replace('"', '""')
    (tmp_path / "list.CSV").write_text(f'image;gender\n"{quoted}";m\n"{quoted}";f\n')
    expected = said.format(folder=tmp_path) if said else CONTENT
    assert data_says(tmp_path / "list.CSV") == score_says(tmp_path / "list.CSV") == expected


def test_a_list_whose_files_are_all_missing_is_refused_with_the_path(tmp_path):
    (tmp_path / "list.csv").write_text("image,gender\nwrong/1.jpg,m\nwrong/2.jpg,f\n")
    parts = load_data(DataSettings(data=str(tmp_path / "list.csv")))
    with pytest.raises(
        StageError, match=f"the first: There is no such file: {tmp_path}/wrong/1.jpg"
    ):
        probe(parts)


def test_a_single_parquet_file_is_a_source_of_both(tmp_path):
    write_rows(tmp_path, CONTENT)
    assert (
        data_says(tmp_path / "photos/rows.parquet")
        == score_says(tmp_path / "photos/rows.parquet")
        == CONTENT
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [("", None), ("a/b/" * 40 + ".jpg", None), ("/photos/" * 20, None), (TEXT, CONTENT)],
)
def test_from_base64(text, found):
    assert from_base64(text) == found


def test_a_file_whose_name_has_a_back_slash_is_taken_as_written(tmp_path):
    for name in ("a\\b", "a/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_file("a\\b", [tmp_path]) == tmp_path / "a\\b"
