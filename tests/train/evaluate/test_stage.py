"""evaluate: the protocol on real photos, and worse circumstances of one face."""

import io
import json
import shutil

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image
from PIL import Image as Picture
from transformers import pipeline

from face_gender.photo import open_photo
from train.common.errors import StageError
from train.common.sheets import LINE, SIDE
from train.data import LABEL, PHOTO, write_splits
from train.evaluate.corruptions import CUTS, bare
from train.evaluate.errors import PAGE, PREDICTIONS, write_errors
from train.evaluate.looks import read_looks
from train.evaluate.protocol import (
    CUT,
    FACE_SHARE,
    MISSED,
    SCORES,
    WHOLE,
    center_face,
    evaluate_rows,
    robustness_figures,
    score_test,
)
from train.evaluate.stage import main, measure
from train.settings import EvaluateSettings, RunSettings


@pytest.fixture(scope="module")
def photos(astronaut) -> list[np.ndarray]:
    noise = np.random.default_rng(0).integers(0, 256, (200, 160, 3), dtype=np.uint8)
    return [
        np.ascontiguousarray(astronaut[:240, 100:340]),
        noise,
        np.ascontiguousarray(astronaut[:250, 110:330, ::-1]),
    ]


def to_rows(photos: list[np.ndarray], names: list[str]) -> Dataset:
    rows = []
    for number, photo in enumerate(photos):
        packed = io.BytesIO()
        Picture.fromarray(photo).save(packed, "PNG")
        rows.append({PHOTO: {"bytes": packed.getvalue(), "path": None}, LABEL: number % 2})
    return Dataset.from_list(
        rows, features=Features({PHOTO: Image(), LABEL: ClassLabel(names=names)})
    )


@pytest.mark.slow
def test_misses_count_apart_and_in(photos, small_model):
    rows = score_test(to_rows(photos, ["Female", "Male"]), small_model, 0.5, robustness=True)
    assert rows[MISSED] == [False, True, False]
    assert [len(cut) for cut in rows[CUT]] == [len(CUTS), 0, len(CUTS)]
    figures = evaluate_rows(rows, 0.6)
    counts = [figures[name]["n"] for name in ("all", "found", "misses_as_errors", "whole_picture")]
    assert counts == [3, 2, 3, 3]
    assert figures["missed"] == 1
    assert figures["misses_as_errors"]["accuracy"] <= figures["all"]["accuracy"]
    assert figures["groups"]["label"]["Male"]["missed"] == 1
    assert np.array(rows[SCORES]).shape == (3, 2)
    plain = pipeline("image-classification", model=str(small_model))
    for photo, scores in zip(photos, rows[WHOLE], strict=True):
        named = {each["label"]: each["score"] for each in plain(Picture.fromarray(photo))}
        np.testing.assert_allclose(scores, [named["Female"], named["Male"]], atol=0.01)


def scored(rows: Dataset, scores: list[list[float]], **more: list) -> Dataset:
    """Photos and their scores -> what `score_test` returns."""
    plain = rows.remove_columns(PHOTO)
    found = {SCORES: scores, WHOLE: scores, CUT: [[]] * 3, MISSED: [False, True, False]}
    for name, values in {**found, FACE_SHARE: [0.5, None, 0.4], **more}.items():
        plain = plain.add_column(name, values)
    return plain


def test_errors_are_shown_with_label_guess_score_and_name(photos, tmp_path):
    rows = to_rows(photos, ["Female", "Male"]).cast_column(PHOTO, Image(decode=False))
    broken = Dataset.from_list(
        [row | {PHOTO: {"bytes": b"no picture", "path": None}} for row in rows],
        features=rows.features,
    )
    scores = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]
    group, names = ["=1+1", "b", None], ["a/0.png", "a/1.png", "b/2.png"]
    sheets = {}
    for told, test in enumerate((rows, broken)):
        table = scored(test, scores, age=group, file=names, photo_taken=[1, 2, 3])
        test = test.add_column("file", names)
        figures = evaluate_rows(table, 0.75)
        write_errors(test.cast_column(PHOTO, Image()), table, figures, tmp_path)
        sheets[told] = np.asarray(Picture.open(tmp_path / "mistakes.png"))
        assert (len(np.unique(sheets[told][:100, :100])) == 1) == bool(told)
    assert len(np.unique(sheets[0][SIDE : SIDE + 3 * LINE, :SIDE])) > 2, "a caption"
    lines = (tmp_path / PREDICTIONS).read_text().splitlines()
    assert lines == [
        "photo,split,label,guess,decision,face,Female,Male,age,photo_taken",
        "a/0.png,test,Female,Female,Female,found,0.9,0.1,'=1+1,1",
        "a/1.png,test,Male,Female,Female,missed,0.8,0.2,b,2",
        "b/2.png,test,Female,Female,uncertain,found,0.7,0.3,,3",
    ]
    page = (tmp_path / PAGE).read_text()
    for words in ("66.7 % of 3 photos right", "labelled Male", "a/1.png", "In 1 photo no face"):
        assert words in page


def test_other_classes_are_one_sentence(photos, small_model):
    with pytest.raises(StageError, match="classes are"):
        score_test(to_rows(photos, ["cat", "dog"]), small_model, 0.5, robustness=False)


@pytest.mark.slow
def test_the_holdout_is_measured_after_the_test_and_stays_beside_it(photos, small_model, tmp_path):
    run, once = RunSettings(str(tmp_path)), EvaluateSettings(robustness=False)
    shutil.copytree(small_model, run.folder("model"))
    (run.folder("crops")).mkdir()
    (run.folder("crops") / "faces.json").write_text('{"median_share": 0.5}')
    rows = to_rows(photos, ["Female", "Male"])
    write_splits(DatasetDict({"train": rows, "test": rows}), run.folder("data"))
    with pytest.raises(StageError, match="--holdout 0.05"):
        measure(run, EvaluateSettings(split="holdout"))
    write_splits(
        DatasetDict({"train": rows, "test": rows, "holdout": rows.select([0, 1])}),
        run.folder("data"),
    )
    (run.folder("model") / "metrics.json").unlink(missing_ok=True)
    with pytest.raises(StageError, match="measure the test first"):
        measure(run, EvaluateSettings(split="holdout"))
    measure(run, once)
    first = json.loads((run.folder("model") / "metrics.json").read_text())
    measure(run, EvaluateSettings(split="holdout"))
    both = json.loads((run.folder("model") / "metrics.json").read_text())
    assert {name: both[name] for name in first} == first
    assert both["holdout"]["all"]["n"] == 2
    measure(run, once)
    assert json.loads((run.folder("model") / "metrics.json").read_text()) == both
    looked = read_looks(run)
    assert looked == {"test": [first["onnx_sha256"]], "holdout": [first["onnx_sha256"]]}


@pytest.mark.slow
def test_any_model_is_measured_on_all_photos_and_nothing_is_trained(photos, small_model, tmp_path):
    folder = tmp_path / "photos"
    for number, photo in enumerate(photos[:2] * 2):
        place = folder / ("train", "val")[number // 2] / ("Female", "Male")[number % 2]
        place.mkdir(parents=True)
        Picture.fromarray(photo).save(place / f"{number}.png")
    weights = tmp_path / "no_onnx"
    shutil.copytree(small_model, weights, ignore=shutil.ignore_patterns("*.onnx", "metrics.json"))
    found = {}
    for name, model in (("onnx", small_model), ("weights", weights)):
        out = tmp_path / name
        main(f"--model {model} --data {folder} --out {out} --no_robustness".split())
        assert [path.name for path in out.iterdir()] == ["evaluation"]
        found[name] = json.loads((out / "evaluation" / "metrics.json").read_text())
        lines = (out / "evaluation" / PREDICTIONS).read_text().splitlines()
        assert [line.split(",")[:3] for line in sorted(lines[1:])] == [
            ["train/Female/0.png", "train", "Female"],
            ["train/Male/1.png", "train", "Male"],
            ["val/Female/2.png", "val", "Female"],
            ["val/Male/3.png", "val", "Male"],
        ]
        assert (out / "evaluation" / "plots" / "roc.png").is_file()
    assert [figures["missed"] for figures in found.values()] == [2, 2]
    assert set(found["onnx"]["groups"]) == {"label", "split", "label x split"}
    assert "weights_sha256" in found["weights"]
    assert not list(small_model.glob("metrics.json"))
    with pytest.raises(SystemExit, match="neither a folder here nor a name on the Hub"):
        main(["--model", f"{tmp_path}/none", "--data", str(folder), "--out", str(tmp_path)])


def test_no_face_anywhere_is_one_sentence():
    rows = {SCORES: [[0.5, 0.5]], LABEL: [0], MISSED: [True]}
    with pytest.raises(StageError, match="No face"):
        evaluate_rows(rows, 0.6)


def test_center_face(photos):
    face = center_face(open_photo(photos[1]), 0.5)
    assert face.box == (40, 60, 120, 140)


@pytest.mark.parametrize("name", CUTS)
def test_worse_circumstances_keep_the_size_and_change_the_face(finder, photos, name):
    photo = open_photo(photos[0])
    face = finder.find_faces(photo)[0]
    crops = [
        cut(photo, face, 64, 0.1, np.random.default_rng(1))
        for cut in (bare, CUTS[name], CUTS[name])
    ]
    assert {crop.size for crop in crops} == {(64, 64)}
    assert crops[0] != crops[1] == crops[2]


def test_robustness_counts_what_changes():
    assert robustness_figures([], np.empty((0, 2)), np.empty(0, int)) == {}
    bare_scores = np.array([[0.9, 0.1], [0.2, 0.8]])
    cuts = [[[0.9, 0.1]] * len(CUTS), [[0.9, 0.1]] * len(CUTS)]
    figures = robustness_figures(cuts, bare_scores, np.array([0, 1]))
    assert figures["mask"]["accuracy"] == 0.5
    assert figures["mask"]["bare_accuracy"] == 1
    assert figures["mask"]["same_label"] == 0.5
