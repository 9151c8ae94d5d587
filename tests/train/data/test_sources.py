"""Every kind of source -> splits with `photo`, `label` by name, and the source's own columns."""

import io
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value
from datasets import Image as Photo

from tests.support.pictures import noise
from tests.train.data.test_stage import save
from train.common.errors import StageError
from train.data import LABEL, PHOTO, TEST, TRAIN
from train.data.folders import age_band
from train.data.sources import load_data
from train.settings import DataSettings


def load(path: Path, **settings):
    return load_data(DataSettings(data=str(path), **settings))


def labels(part) -> list[str | None]:
    return [None if label is None else part.features[LABEL].names[label] for label in part[LABEL]]


def packed(seed: int) -> dict:
    content = io.BytesIO()
    noise(seed).save(content, "PNG")
    return {"bytes": content.getvalue(), "path": None}


def write_parquet(
    path: Path, numbers: list[int | None], names: list[str] | None, **columns
) -> None:
    """Photos with a column `gender`, of class numbers or, without names, of words."""
    kind = ClassLabel(names=names) if names else Value("string")
    values = [{"image": packed(row), "gender": number} for row, number in enumerate(numbers)]
    rows = [
        value | {name: column[row] for name, column in columns.items()}
        for row, value in enumerate(values)
    ]
    features = Features(
        {"image": Photo(), "gender": kind, **{name: Value("string") for name in columns}}
    )
    path.parent.mkdir(exist_ok=True, parents=True)
    Dataset.from_list(rows, features).to_parquet(path)


def test_class_folders(tmp_path):
    for name in ("man/1", "man/more/2", "woman/3", "woman/4", "woman/5"):
        save(tmp_path / f"{name}.png", 0)
    (tmp_path / "man/notes.txt").write_text("no picture")
    parts = load(tmp_path)
    assert list(parts) == [TRAIN]
    assert parts[TRAIN]["file"][:] == [
        "man/1.png",
        "man/more/2.png",
        "woman/3.png",
        "woman/4.png",
        "woman/5.png",
    ]
    assert labels(parts[TRAIN]) == ["man", "man", "woman", "woman", "woman"]


def test_class_folders_in_splits(tmp_path, capsys):
    for split in ("train", "validation", "extra"):
        for name in ("man", "woman"):
            save(tmp_path / split / name / "1.png", 0)
    parts = load(tmp_path)
    assert {name: part["file"][:] for name, part in parts.items()} == {
        TRAIN: ["train/man/1.png", "train/woman/1.png"],
        TEST: ["validation/man/1.png", "validation/woman/1.png"],
    }
    assert "not used: 'extra'" in capsys.readouterr().out
    assert load(tmp_path, train_split="extra", test_split="train")[TEST]["file"][:] == [
        "train/man/1.png",
        "train/woman/1.png",
    ]


def test_parquet_keeps_columns_and_maps_labels_by_name(tmp_path):
    """Two copies of a data set whose classes stand in another order mean the same."""
    write_parquet(
        tmp_path / "one/train-0.parquet",
        [0, 1, 1, 0, None],
        ["Male", "Female"],
        race=list("abcde"),
        label=list("vwxyz"),
    )
    write_parquet(
        tmp_path / "two/train-0.parquet",
        [1, 0, 0, 1, None],
        ["Female", "Male"],
        race=list("abcde"),
        label=list("vwxyz"),
    )
    one, two = (load(tmp_path / name)[TRAIN] for name in ("one", "two"))
    assert labels(one) == labels(two) == ["Male", "Female", "Female", "Male", None]
    assert one.features[LABEL].names == ["Male", "Female"]
    assert one["race"][:] == list("abcde")
    assert one["source_label"][:] == list("vwxyz")
    write_parquet(tmp_path / "three/train-0.parquet", ["m", "f", "m", "?"], None)
    parts = load(tmp_path / "three", classes="f=Female,m=Male")
    assert parts[TRAIN].features[LABEL].names == ["Female", "Male"]
    assert labels(parts[TRAIN]) == ["Male", "Female", "Male", None]


def test_other_pictures_are_left_alone(tmp_path, capsys):
    rows = [
        {"image": packed(row), "gender": "mf"[row % 2], "mask": packed(row)} for row in range(4)
    ]
    features = Features({"image": Photo(), "gender": Value("string"), "mask": Photo()})
    Dataset.from_list(rows, features).to_parquet(tmp_path / "train-0.parquet")
    assert set(load(tmp_path)[TRAIN].column_names) == {PHOTO, LABEL}
    assert "not used: the columns mask" in capsys.readouterr().out


def test_splits_whose_classes_differ_in_order_mean_the_same(tmp_path):
    (tmp_path / "list.csv").write_text(
        "image,gender,split\na,m,train\nb,f,train\nc,f,validation\nd,m,validation\n"
    )
    parts = load(tmp_path / "list.csv")
    assert parts[TRAIN].features[LABEL] == parts[TEST].features[LABEL]
    assert [labels(part) for part in parts.values()] == [["m", "f"], ["f", "m"]]


def test_csv_keeps_every_column(tmp_path):
    save(tmp_path / "photos/1.png", 0)
    rows = (
        "image,gender,age,race,identity,label,score\n"
        "photos/1.png,1,34,a,p1,old,0.5\n"
        "photos/2.png,0,,b,,,\n"
    )
    (tmp_path / "list.csv").write_text(rows)
    part = load(tmp_path / "list.csv", classes="0=Female,1=Male")[TRAIN]
    assert labels(part) == ["Male", "Female"]
    assert part[0][PHOTO] == {"bytes": None, "path": str(tmp_path / "photos/1.png")}
    expected = {
        "file": "photos/1.png",
        "age": 34,
        "race": "a",
        "identity": "p1",
        "source_label": "old",
        "score": 0.5,
    }
    assert {name: part[0][name] for name in expected} == expected
    assert part[1]["age"] is part[1]["identity"] is None


def test_utkface(tmp_path):
    for name in (
        "26_0_1_20170116",
        "3_1_4_20170117",
        "110_1_0_20170118",
        "39_1_20170119",
        "53__0_20170120",
        "odd",
    ):
        save(tmp_path / f"part1/{name}.jpg.chip.jpg", 0)
    rows = {
        row["file"]: row
        for row in load(tmp_path)[TRAIN].select_columns(["file", "age", "race", "years"])
    }
    found = dict(zip(rows, labels(load(tmp_path)[TRAIN]), strict=True))
    said = {
        name.split("/")[1].split(".")[0]: (found[name], *list(row.values())[1:])
        for name, row in rows.items()
    }
    assert said == {
        "26_0_1_20170116": ("Male", "20-29", "Black", 26),
        "3_1_4_20170117": ("Female", "3-9", "Others", 3),
        "110_1_0_20170118": ("Female", "more than 70", "White", 110),
        "39_1_20170119": ("Female", "30-39", None, 39),
        "53__0_20170120": (None, "50-59", "White", 53),
        "odd": (None, None, None, None),
    }


@pytest.mark.parametrize(
    ("years", "band"), [(0, "0-2"), (3, "3-9"), (19, "10-19"), (69, "60-69"), (70, "more than 70")]
)
def test_age_band(years, band):
    assert age_band(years) == band


@pytest.mark.parametrize("kind", ["txt", "csv"])
def test_celeba(tmp_path, kind):
    lists = {
        "list_attr_celeba": [
            ("image_id", "Male", "Eyeglasses"),
            ("1.jpg", 1, -1),
            ("2.jpg", -1, 1),
            ("3.jpg", -1, -1),
        ],
        "identity_CelebA": [("image_id", "identity"), ("1.jpg", 7), ("2.jpg", 8), ("3.jpg", 8)],
        "list_eval_partition": [
            ("image_id", "partition"),
            ("1.jpg", 0),
            ("2.jpg", 0),
            ("3.jpg", 2),
        ],
    }
    for name, (header, *rows) in lists.items():
        lines = [" ".join(map(str, row)) for row in rows]
        if name == "list_attr_celeba":
            lines = ["3", " ".join(header[1:]), *lines]
        if kind == "csv":
            lines = [",".join(map(str, row)) for row in (header, *rows)]
        (tmp_path / f"{name}.{kind}").write_text("\n".join(lines) + "\n")
    save(tmp_path / "img_align_celeba/img_align_celeba/1.jpg", 0)
    parts = load(tmp_path)
    assert [labels(part) for part in parts.values()] == [["Male", "Female"], ["Female"]]
    assert parts[TRAIN]["Eyeglasses"][:] == [False, True]
    assert [part["identity"][:] for part in parts.values()] == [[7, 8], [8]]
    assert parts[TRAIN][0][PHOTO]["path"] == str(
        tmp_path / "img_align_celeba/img_align_celeba/1.jpg"
    )


@pytest.mark.parametrize(
    ("content", "settings", "said"),
    [
        ("photo,gender\na,m\n", {}, "should have a column 'image', got \\['gender', 'photo'\\]"),
        ("image,sex\na,m\n", {}, "should have a column 'gender', got \\['image', 'sex'\\]"),
        ("image,gender\na,m\nb,m\n", {}, "two classes or more, got \\['m'\\]"),
        (
            "image,gender\na,m\nb,f\n",
            {"classes": "man=Male,woman=Female"},
            "two classes or more, got none",
        ),
        (
            "image,gender\na,m\nb,f\n",
            {"classes": "Male,Female"},
            "takes label=class, comma between",
        ),
        (
            "image,gender\na,m\nb,f\n",
            {"classes": "m=, f = Female"},
            "takes label=class, comma between",
        ),
        (
            "image,gender\na,m\nb,f\n",
            {"classes": "m = Male, w=Female"},
            "two classes or more, got \\['Male'\\]",
        ),
        ("image,gender\n", {}, "should have the splits"),
        (None, {}, "There is no file"),
    ],
)
def test_wrong_lists(tmp_path, content, settings, said):
    if content:
        (tmp_path / "list.csv").write_text(content)
    with pytest.raises(StageError, match=said):
        load(tmp_path / "list.csv", **settings)


def test_no_such_column_in_parquet(tmp_path):
    write_parquet(tmp_path / "train-0.parquet", [0, 1], ["Male", "Female"])
    with pytest.raises(StageError, match="should have a column 'sex', got \\['gender', 'image'\\]"):
        load(tmp_path, label_column="sex")


def test_a_column_without_photos(tmp_path):
    Dataset.from_dict({"image": [1, 2], "gender": ["m", "f"]}).to_parquet(
        tmp_path / "train-0.parquet"
    )
    with pytest.raises(StageError, match="column 'image' should hold photos, got Value"):
        load(tmp_path)


def test_fairface_by_folder(fairface):
    parts = load(fairface)
    assert {name: len(part) for name, part in parts.items()} == {TRAIN: 39_951, TEST: 4_999}
    assert parts[TEST].features[LABEL].names == ["Male", "Female"]
    assert {"age", "race", "service_test", "file"} < set(parts[TEST].column_names)
