"""train.score: any kind of data set -> its photos by name, piece by piece."""

import io
import tarfile
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from tests.conftest import ROOT
from tests.support.greys import grey, width_of, write_parquet
from train.common.errors import StageError
from train.score.pieces import read_piece
from train.score.sources import address_of, plan_pieces
from train.settings.score import ScoreSettings


def write_tar(path: Path, numbers: range, mode: str = "w") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as packed:
        for number in numbers:
            for name, content in (
                (f"{number:04d}.png", grey(number)),
                (f"{number:04d}.json", b"{}"),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                packed.addfile(entry, io.BytesIO(content))


def read_all(data: Path, **settings) -> list[tuple[str, int, dict]]:
    asked = ScoreSettings(data=str(data), **settings)
    keep = tuple(asked.keep.split(",")) if asked.keep else ()
    found = [
        photo
        for piece in plan_pieces(asked)
        for photo in read_piece(piece, asked.photo_column, keep)
    ]
    return [(name, width_of(content), kept) for name, content, kept in found]


def test_damaged_parquet_is_named(tmp_path):
    write_parquet(tmp_path / "a.parquet", range(3))
    (tmp_path / "b.parquet").write_bytes(b"")
    with pytest.raises(StageError, match="b.parquet cannot be read as parquet"):
        plan_pieces(ScoreSettings(data=str(tmp_path)))


def test_what_begins_with_an_underscore_is_a_photo_of_a_camera_s_and_no_table(tmp_path):
    (tmp_path / "_DSC0001.png").write_bytes(grey(1))
    assert [name for name, *_ in read_all(tmp_path)] == ["_DSC0001.png"]
    write_parquet(tmp_path / "_metadata.parquet", range(2))
    write_parquet(tmp_path / "a.parquet", range(3))
    assert [name for name, *_ in read_all(tmp_path)] == [
        "a.parquet#0",
        "a.parquet#1",
        "a.parquet#2",
    ]


@pytest.mark.parametrize("struct", [True, False])
def test_parquet_by_rows_across_row_groups(tmp_path, struct):
    write_parquet(tmp_path / "a.parquet", range(10), struct)
    write_parquet(tmp_path / "more" / "b.parquet", range(10, 13), struct)
    found = read_all(tmp_path, piece=3, keep="age")
    assert [number for _, number, _ in found] == list(range(13))
    assert [kept["age"] for *_, kept in found] == [number % 3 for number in range(13)]
    assert [found[at][0] for at in (0, 9, 10)] == ["a.parquet#0", "a.parquet#9", "more/b.parquet#0"]
    pieces = plan_pieces(ScoreSettings(data=str(tmp_path), piece=3))
    assert [(piece.start, piece.end) for piece in pieces] == [
        (0, 3),
        (3, 6),
        (6, 9),
        (9, 10),
        (0, 3),
    ]
    with pytest.raises(StageError, match="columns \\['photo'\\]"):
        read_all(tmp_path, photo_column="photo")


def test_classes_are_kept_by_name(tmp_path):
    features = Features(
        {
            "image": Value("binary"),
            "age": ClassLabel(names=["young", "old"]),
            "years": Value("int64"),
        }
    )
    rows = [
        {"image": grey(number), "age": age, "years": 5} for number, age in enumerate((1, 0, None))
    ]
    Dataset.from_list(rows, features).to_parquet(tmp_path / "a.parquet")
    assert [list(kept.values()) for *_, kept in read_all(tmp_path, keep="age,years")] == [
        ["old", 5],
        ["young", 5],
        [None, 5],
    ]


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz")])
def test_tars_are_streamed_and_only_pictures_count(tmp_path, name, mode):
    write_tar(tmp_path / "x" / name, range(4), mode)
    write_tar(tmp_path / "y.tar", range(4, 6))
    found = read_all(tmp_path, keep="folder")
    assert found[0] == (f"x/{name}/0000.png", 0, {"folder": f"x/{name}"})
    assert [number for _, number, _ in found] == list(range(6))
    assert len(plan_pieces(ScoreSettings(data=str(tmp_path)))) == 2


@pytest.mark.parametrize(
    ("name", "mode", "kept"),
    [("a.tar", "w", 5000), ("a.tar.gz", "w:gz", 560), ("b.tar", "w", 0), ("c.tar", "w", 100)],
)
def test_a_tar_that_is_cut_off_says_so(tmp_path, name, mode, kept):
    write_tar(tmp_path / name, range(9), mode)
    whole = len(read_all(tmp_path))
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:kept])
    settings = ScoreSettings(data=str(tmp_path))
    *_, last = found = list(read_piece(plan_pieces(settings)[0], "image", ("folder",)))
    assert len(found) <= whole
    assert (last[0], last[2]) == (name, {"folder": "."})
    assert "damaged or cut off" in str(last[1])


def test_pictures_by_piece(tmp_path):
    for number in range(6):
        room = tmp_path / f"room-{number % 2}"
        room.mkdir(exist_ok=True)
        (room / f"{number}.png").write_bytes(grey(number))
    (tmp_path / "notes.txt").write_text("no photo")
    found = read_all(tmp_path, piece=4, keep="folder")
    assert [(name, kept["folder"]) for name, _, kept in found] == [
        (f"room-{number % 2}/{number}.png", f"room-{number % 2}") for number in (0, 2, 4, 1, 3, 5)
    ]
    with pytest.raises(StageError, match="column 'folder' only"):
        read_all(tmp_path, keep="age")


def test_addresses():
    assert address_of("s3://faces/a") == "s3://faces/a"
    assert address_of("user/name@v1") == "hf://datasets/user/name@v1"
    assert address_of("space/examples") == str(ROOT / "space" / "examples")
