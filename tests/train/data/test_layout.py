"""Folders, splits and labels of any spelling -> the right classes, or the flags that settle it."""

import pytest

from tests.train.data.test_stage import save
from train.common.errors import StageError
from train.data import LABEL, TEST, TRAIN
from train.data.labels import renames_of
from train.data.layout import find_split, meaning
from train.data.sources import load_data
from train.data.split_files import VALIDATION
from train.settings import DataSettings

BOTH = ("female/1", "male/1")


def make(folder, tree: dict[str, tuple[str, ...]]):
    for top, names in tree.items():
        for name in names:
            save(folder / top / f"{name}.png", 0)
    return folder


def classes(folder, **settings) -> dict[str, list[str]]:
    parts = load_data(DataSettings(data=str(folder), **settings))
    return {name: sorted(part["file"][:]) for name, part in parts.items()} | {
        "classes": parts[TRAIN].features[LABEL].names
    }


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "validation"),
        ("Training", "Validation"),
        ("Train", "val"),
        ("TRAIN", "Valid"),
        ("training_set", "test_set"),
        ("train", "test"),
        ("train", "testing"),
        ("train", "dev"),
    ],
)
def test_split_folders_of_any_spelling(tmp_path, train, test, capsys):
    found = classes(make(tmp_path, {train: BOTH, test: BOTH}))
    assert found == {
        TRAIN: [f"{train}/female/1.png", f"{train}/male/1.png"],
        TEST: [f"{test}/female/1.png", f"{test}/male/1.png"],
        "classes": ["female", "male"],
    }
    assert "train 2 (female 1, male 1); test 2 (female 1, male 1)" in capsys.readouterr().out


def test_one_split_alone_three_of_them_and_splits_inside_classes(tmp_path, capsys):
    assert list(classes(make(tmp_path / "a", {"Training": BOTH}))) == [TRAIN, "classes"]
    three = make(tmp_path / "b", {"train": BOTH, "val": BOTH, "test": BOTH})
    found = classes(three)
    assert found[TEST] == ["test/female/1.png", "test/male/1.png"]
    assert found[VALIDATION] == ["val/female/1.png", "val/male/1.png"]
    told = "train is the split 'train', test is the split 'test', validation is the split 'val'"
    assert told in capsys.readouterr().out
    assert classes(three, test_split="val")[TEST] == ["val/female/1.png", "val/male/1.png"]
    assert "not used: 'test'" in capsys.readouterr().out
    inside = make(tmp_path / "c", {"male": ("Train/1", "Test/1"), "female": ("Train/1", "Test/1")})
    assert classes(inside)[TEST] == ["female/Test/1.png", "male/Test/1.png"]


def test_classes_that_differ_in_case_only_agree(tmp_path, capsys):
    tree = {"Training": ("Male/1", "Male/2", "Female/1"), "Test": ("male/1", "female/1")}
    assert classes(make(tmp_path, tree))["classes"] == ["Female", "Male"]
    assert "labels 'Male' (2), 'male' (1) are one class, 'Male'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tree", "settled", "names"),
    [
        ({"train": BOTH, "cats": ("a/1",)}, {"classes": "train=t,cats=c"}, ["t", "c"]),
        ({"train": ("1",), "test": ("1",)}, {"classes": "train=t,test=c"}, ["t", "c"]),
        ({"Testing": BOTH, "male": ("1",)}, {"classes": "Testing=t,male=m"}, ["t", "m"]),
        (
            {"Training": BOTH, "old": ("a/1",)},
            {"train_split": "Training", "test_split": "old", "classes": "male=m,female=f,a=f"},
            ["m", "f"],
        ),
    ],
)
def test_what_is_ambiguous_is_refused_with_the_flags_that_settle_it(tmp_path, tree, settled, names):
    make(tmp_path, tree)
    with pytest.raises(StageError, match="may be splits or classes.*--train_split.*--classes"):
        classes(tmp_path)
    assert classes(tmp_path, **settled)["classes"] == names


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("train", [], None),
        ("train", ["Training"], "Training"),
        ("train", ["train", "Training"], "train"),
        ("held", ["Test"], None),
    ],
)
def test_find_split(wanted, names, found):
    assert find_split(wanted, names) == found


def test_two_spellings_of_one_split_are_refused():
    with pytest.raises(
        StageError, match="\\['Train', 'training'\\] may be .* name one with --train_split"
    ):
        find_split("train", ["Train", "training"])


@pytest.mark.parametrize(
    ("name", "split"), [("", None), ("male", None), ("Trainers", None), ("T-E-S-T", "test")]
)
def test_meaning(name, split):
    assert meaning(name) == split


@pytest.mark.parametrize(
    ("words", "given", "renamed", "said"),
    [
        ([], "", {}, ""),
        (["m", "f", None, " "], "", {"m": "m", "f": "f"}, ""),
        (
            ["male", "Male", "Male", "Male "],
            "",
            {"male": "Male", "Male": "Male", "Male ": "Male"},
            "labels 'Male' (2), 'male' (1), 'Male ' (1) are one class, 'Male'; --classes",
        ),
        (["male", "Male"], "male=a,Male=b", {"male": "a", "Male": "b"}, ""),
        (["Male ", "x"], "male=a,female=b", {"Male ": "a"}, ""),
    ],
)
def test_spellings_of_a_label_are_one_class_unless_classes_says_otherwise(
    words, given, renamed, said, capsys
):
    assert renames_of(words, given) == renamed
    assert said in capsys.readouterr().out
