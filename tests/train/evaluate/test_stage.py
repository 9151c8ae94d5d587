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
from train.data import LABEL, PHOTO, write_splits
from train.evaluate.compare import Answers
from train.evaluate.corruptions import CUTS, bare
from train.evaluate.plots import write_sheets
from train.evaluate.protocol import (
    CUT,
    MISSED,
    SCORES,
    WHOLE,
    center_face,
    evaluate_rows,
    robustness_figures,
    score_test,
)
from train.evaluate.stage import measure
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


def test_sheets_show_a_photo_that_cannot_be_read_as_grey(photos, tmp_path):
    rows = to_rows(photos, ["Female", "Male"]).cast_column(PHOTO, Image(decode=False))
    broken = Dataset.from_list(
        [row | {PHOTO: {"bytes": b"no picture", "path": None}} for row in rows],
        features=rows.features,
    )
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    for test in (rows, broken):
        write_sheets(
            test.cast_column(PHOTO, Image()), Answers(scores, np.array(test[LABEL])), tmp_path
        )
        sheet = np.asarray(Picture.open(tmp_path / "mistakes.png"))
        assert (len(np.unique(sheet[:100, :100])) == 1) == (test is broken)


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
