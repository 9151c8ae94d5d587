"""One walk for everybody: what is a photo, and what is hidden, a system's, or read already."""

import os
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from face_gender.inputs import Inputs
from face_gender.photo import SUFFIXES
from face_gender.runtime import folders
from face_gender.runtime.folders import in_words, skip_reason, walk_folder
from face_gender.zips import count_photos, count_skipped, list_photos, name_photos
from train.annotate.answers import read_answers
from train.annotate.stage import read_pictures, write_labelled
from train.data.folders import open_folder
from train.score.pieces import read_piece
from train.score.sources import plan_pieces
from train.settings import AnnotateSettings, DataSettings, RunSettings
from train.settings.score import ScoreSettings

PHOTOS = ["man/0.jpg/3.jpg", "man/1.jpg", "woman/2.JPG"]
HIDDEN = [
    "man/._1.jpg",
    "man/.ipynb_checkpoints/1-checkpoint.jpg",
    ".Trash-1000/files/4.jpg",
    ".DS_Store",
]
SYSTEM = [
    "__MACOSX/man/1.jpg",
    "man/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg",
    "#recycle/1.jpg",
    "$RECYCLE.BIN/1.jpg",
    "man/Thumbs.db",
]
SKIPPED = Counter({folders.HIDDEN: 4, folders.SYSTEM: 5, folders.OTHER: 1})


@pytest.fixture
def tree(tmp_path) -> Path:
    """Photos in class folders, as copied from phones, Macs and network disks."""
    root = tmp_path / "raw"
    for number, name in enumerate([*PHOTOS, *HIDDEN, *SYSTEM]):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (80, 80), (number, 0, 0)).save(path, "JPEG")
    (root / "notes.txt").write_text("Two classes, from two phones.")
    return root


def test_an_empty_folder(tmp_path):
    walk = walk_folder(tmp_path, SUFFIXES)
    assert (walk.files, walk.skipped, in_words(walk.skipped, "x")) == ([], Counter(), "")


def test_photos_are_found_and_the_rest_is_counted(tree):
    walk = walk_folder(tree, SUFFIXES)
    assert [path.relative_to(tree).as_posix() for path in walk.files] == PHOTOS
    assert walk.skipped == SKIPPED
    said = (
        "Skipped in raw: files of other kinds (1), hidden files and folders (4), "
        "system files and folders (5)."
    )
    assert in_words(walk.skipped, "raw") == said


def test_a_folder_that_is_itself_hidden_is_walked_where_it_is_named(tree):
    hidden = tree.rename(tree.with_name(".photos"))
    assert len(walk_folder(hidden, SUFFIXES).files) == len(PHOTOS)


def test_linked_folders_are_followed_once_and_loops_are_not(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for path in (inside / "z", outside / "deep"):
        path.mkdir(parents=True)
        (path / "1.jpg").touch()
    (inside / "a").symlink_to("z")  # the real folder is read first
    (inside / "b").symlink_to(outside)
    (inside / "c").symlink_to(outside / "deep")
    (inside / "loop").symlink_to(".")
    (inside / "up").symlink_to("..")
    (outside / "back").symlink_to(inside)
    (inside / "gone.jpg").symlink_to("nowhere.jpg")
    (inside / "self.jpg").symlink_to("self.jpg")
    os.mkfifo(inside / "pipe.jpg")
    walk = walk_folder(inside, SUFFIXES)
    found = [path.relative_to(inside).as_posix() for path in walk.files]
    assert found[-1] == "z/1.jpg"
    assert len(found) == 2
    assert walk.skipped == {folders.READ_ALREADY: 5, folders.BROKEN: 2, folders.SPECIAL: 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root opens every folder")
def test_a_folder_that_cannot_be_opened_is_counted(tmp_path):
    (tmp_path / "locked").mkdir(mode=0)
    assert walk_folder(tmp_path).skipped == {folders.LOCKED: 1}


def test_a_folder_that_is_gone(tmp_path):
    walk = walk_folder(tmp_path / "gone")
    assert (walk.files, walk.skipped) == ([], {folders.LOCKED: 1})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", ""),
        ("./a.jpg", ""),
        ("a/_DSC0001.JPG", ""),
        ("a/0.jpg/b.jpg", ""),
        ("a\\._b.jpg", folders.HIDDEN),
        (".a/b.jpg", folders.HIDDEN),
        ("@EADIR/b.jpg", folders.SYSTEM),
        ("__MACOSX\\a\\._b.jpg", folders.SYSTEM),
        ("System Volume Information/b.jpg", folders.SYSTEM),
    ],
)
def test_skip_reason(name, reason):
    assert skip_reason(name) == reason


def test_the_command_line_says_what_it_skipped(tree):
    inputs = Inputs([tree])
    assert (len(inputs.paths), inputs.skipped) == (3, [in_words(SKIPPED, tree)])


def test_data_has_two_classes_and_no_contradictions(tree, capsys):
    rows = open_folder(DataSettings(data=str(tree)))
    assert rows["file"][:] == PHOTOS
    assert sorted(set(rows["label"])) == ["man", "woman"]
    assert in_words(SKIPPED, tree) in capsys.readouterr().out


def test_celeba_takes_no_thumbnail_for_a_photo(tree):
    (tree / "list_attr_celeba.txt").write_text("1\nMale\nSYNOPHOTO_THUMB_M.jpg 1\n1.jpg 1\n")
    rows = open_folder(DataSettings(data=str(tree)))
    assert rows["file"][:] == ["SYNOPHOTO_THUMB_M.jpg", "man/1.jpg"]


def test_label_asks_about_photos_only(tree, tmp_path, capsys):
    found = read_pictures(AnnotateSettings(str(tree)), RunSettings(str(tmp_path / "run")))
    assert [str(Path(name)).split("raw/")[1] for name in found["image"]] == PHOTOS
    assert in_words(SKIPPED, tree) in capsys.readouterr().out


def test_label_takes_no_hidden_file_for_an_annotator(tmp_path, tree):
    answers = tmp_path / "labelled" / "answers"
    answers.mkdir(parents=True)
    (answers / "ann.csv").write_text("image,label\n")
    (answers / "._ann.csv").write_bytes(b"\0\5\x16\7\xff\xfe")
    pictures = read_pictures(AnnotateSettings(str(tree)), RunSettings(str(tmp_path)))
    assert write_labelled(tmp_path / "labelled", pictures) == {
        "ann": read_answers(answers / "ann.csv")
    }


def test_score_reads_the_same(tree, capsys):
    pieces = plan_pieces(ScoreSettings(data=str(tree)))
    assert [name for piece in pieces for name, *_ in read_piece(piece, "image")] == PHOTOS
    assert in_words(SKIPPED, tree) in capsys.readouterr().out
    assert plan_pieces(ScoreSettings(data=str(tree / "man" / "._1.jpg")))  # named, so meant


def test_score_reads_the_same_from_a_store(tree, capsys):
    import fsspec

    store = fsspec.filesystem("memory")
    store.put(f"{tree}/", "/hidden-files/", recursive=True)
    pieces = plan_pieces(ScoreSettings(data="memory://hidden-files"))
    assert [name for piece in pieces for name, *_ in read_piece(piece, "image")] == PHOTOS
    assert "hidden files and folders (4)" in capsys.readouterr().out
    store.rm("/hidden-files", recursive=True)


def test_tars_read_the_same(tree):
    path = tree.with_name("a.tar")
    with tarfile.open(path, "w") as packed:
        packed.add(tree, ".")
    (piece,) = plan_pieces(ScoreSettings(data=str(path)))
    assert sorted(name.removeprefix("a.tar/") for name, *_ in read_piece(piece, "image")) == [
        f"./{name}" for name in PHOTOS
    ]


@pytest.mark.parametrize("slash", ["/", "\\"])
def test_zips_and_what_a_browser_sends_read_the_same(tree, slash):
    path = tree.with_name("a.zip")
    with zipfile.ZipFile(path, "w") as packed:
        for name in [*PHOTOS, *HIDDEN, *SYSTEM, "notes.txt"]:
            packed.writestr(name.replace("/", slash), (tree / name).read_bytes())
    assert list_photos(path) == [name.replace("/", slash) for name in PHOTOS]
    sent = [path, tree / HIDDEN[0], tree / SYSTEM[-1], tree / PHOTOS[1]]
    assert [name for name, _ in name_photos(sent)][-1] == "1.jpg"
    assert count_photos(sent) == len(list(name_photos(sent))) == 4
    assert count_skipped(sent) == SKIPPED + Counter({folders.HIDDEN: 1, folders.SYSTEM: 1})
