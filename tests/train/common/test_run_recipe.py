"""A run's recipe.txt: what each stage writes into it, given back as a recipe."""

import pytest

from train.common.flags import parse
from train.common.run_recipe import RECIPE, keep_recipe
from train.settings import (
    CardSettings,
    CropSettings,
    DataSettings,
    FitSettings,
    RunSettings,
    with_values,
)

KINDS = (RunSettings, DataSettings, CropSettings, FitSettings, CardSettings)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"data": "my faces' #1", "data_note": "--no\ntwo lines", "near": -1},
        {"teacher": ["a b"], "muon": False, "precompute_teacher": True, "learning_rate": 1e-5},
        {"teacher": ["a", "b c"], "precompute_teacher": True, "group_weights": ["age=3-9:1.5"]},
    ],
)
def test_what_stages_wrote_is_read_back_as_it_was(tmp_path, values):
    run = RunSettings(str(tmp_path), seed=7)
    given = [
        with_values(kind(), **{name: values[name] for name in values if hasattr(kind, name)})
        for kind in KINDS[1:]
        if kind is not FitSettings
    ]
    own = {name: value for name, value in values.items() if name not in vars(DataSettings())}
    own.pop("data_note", None)
    given.insert(2, with_values(FitSettings(), **own))
    keep_recipe(run, *given)
    found = parse(*KINDS, arguments=["--recipe", str(tmp_path / RECIPE), "--out", "again"])
    assert found == (RunSettings("again", seed=7), *given)


def test_a_later_stage_adds_its_own_and_an_earlier_one_renews_its_own(tmp_path):
    run, path = RunSettings(str(tmp_path)), tmp_path / RECIPE
    keep_recipe(run, with_values(FitSettings(), teacher=["a", "b"], precompute_teacher=True))
    keep_recipe(run, DataSettings("faces"))
    keep_recipe(run, with_values(FitSettings(), epochs=3.0))
    text = path.read_text()
    assert ("--data=faces" in text, "--epochs=3.0" in text, "--teacher " in text) == (
        True,
        True,
        False,
    )
    assert text.index("# data") < text.index("# schedule")
    assert "--out" not in text.replace("another --out", "")
