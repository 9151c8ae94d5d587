"""Settings from the environment, and training's from the command line."""

import os
import re
from dataclasses import fields

import pytest

from face_gender.settings import FaceSettings, ModelSettings, PhotoSettings, from_environment
from tests.conftest import ROOT
from train.common.flags import parse
from train.score.capacity import CapacitySettings
from train.settings import (
    ALL,
    REMOVED,
    RENAMED,
    CropSettings,
    FitSettings,
    PublishSettings,
    RunSettings,
    SelectSettings,
    parts_of,
    values_of,
    with_values,
)
from train.settings.base import Help, Settings

RECIPES = sorted((ROOT / "train" / "recipes").glob("*.txt"))


def test_nothing_set_is_the_defaults():
    for kind in (PhotoSettings, FaceSettings, ModelSettings):
        assert from_environment(kind, {}) == kind()


def test_each_variable_is_read_as_its_type():
    environ = {"MODEL_ID": "user/name", "MARGIN": "0.3", "THREADS": "2", "UNRELATED": "x"}
    settings = from_environment(ModelSettings, environ)
    assert (settings.model_id, settings.margin, settings.threads) == ("user/name", 0.3, 2)


@pytest.mark.parametrize("environ", [{"THREADS": "two"}, {"MARGIN": ""}])
def test_what_does_not_read_is_named(environ):
    with pytest.raises(ValueError, match=next(iter(environ))):
        from_environment(ModelSettings, environ)


@pytest.mark.parametrize(
    ("kind", "environ"),
    [
        (FaceSettings, {"DETECT_SIDE": "0"}),
        (FaceSettings, {"SMALLEST_FACE": "-5"}),
        (FaceSettings, {"BORDER": "nan"}),
        (PhotoSettings, {"MAX_BYTES": "-1"}),
        (ModelSettings, {"THREADS": "0"}),
    ],
)
def test_numbers_that_make_no_sense_are_named(kind, environ):
    with pytest.raises(ValueError, match=f"{next(iter(environ))} should be a number above 0"):
        from_environment(kind, environ)


def test_the_environment_of_now_counts(monkeypatch):
    monkeypatch.setattr(
        os, "environ", {**os.environ, "DETECT_SIDE": "640"}
    )  # another mapping, as datasets' map leaves it
    assert from_environment(FaceSettings).detect_side == 640


def test_recipe_flags_of_other_stages_pass_and_later_flags_win(tmp_path):
    recipe = tmp_path / "recipe.txt"
    recipe.write_text("# A quick one: 55 %.\n--crop_size 64 --epochs 3  # few\n--layers 2\n")
    run, crop = parse(
        RunSettings,
        CropSettings,
        arguments=["--recipe", str(recipe), "--crop_size", "80", "--out", "x"],
    )
    assert (run.out, crop.crop_size) == ("x", 80)
    (fit,) = parse(FitSettings, arguments=["--recipe", str(recipe)])
    assert (fit.schedule.epochs, fit.architecture.layers) == (3, 2)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_recipe_changes_only_what_it_names(recipe, kind):
    (found,) = parse(kind, arguments=["--recipe", str(recipe)])
    named = re.findall(r"--(?:no_)?(\w+)", re.sub("#.*", "", recipe.read_text()))
    assert {
        name for name, value in values_of(found).items() if value != values_of(kind())[name]
    } <= set(named)


def test_missing_recipe_is_named(capsys):
    with pytest.raises(SystemExit):
        parse(RunSettings, arguments=["--recipe", "no/such.txt"])
    assert "no/such.txt cannot be read" in capsys.readouterr().err


def test_unknown_flag_ends_with_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(RunSettings, arguments=["--no_such_flag", "1"])
    assert ended.value.code == 2
    assert "--no_such_flag" in capsys.readouterr().err


def test_what_takes_no_recipe_takes_no_other_stage_s_flags(capsys):
    with pytest.raises(SystemExit):
        parse(PublishSettings, arguments=["--to", "me/mine", "--out", "runs/mine"])
    assert "there is no flag --out" in capsys.readouterr().err


def test_a_flag_that_is_gone_is_refused_with_its_reason(tmp_path, capsys):
    recipe = tmp_path / "recipe.txt"
    recipe.write_text("--pretrain_epochs 3")
    for words in (["--pretrain_epochs", "1"], ["--recipe", str(recipe)]):
        with pytest.raises(SystemExit):
            parse(*ALL, arguments=words)
        assert "--pretrain_epochs is gone, since it gained nothing" in capsys.readouterr().err
    for gone, why in REMOVED.items():
        with pytest.raises(SystemExit):
            parse(FitSettings, arguments=[f"--{gone}", "1"])
        assert f"--{gone} is gone, since {why}" in capsys.readouterr().err


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_flag_is_refused_by_its_new_name(tmp_path, capsys, old, new):
    recipe = tmp_path / "recipe.txt"
    recipe.write_text(f"--epochs 3 --{old.replace('_', '-')} 1")
    names = {name for kind in (*ALL, SelectSettings) for name in values_of(kind())}
    assert (new in names, old in names) == (True, False)
    for words, said in (
        ([f"--{old}", "1"], f"--{old} is now --{new}"),
        (["--recipe", str(recipe)], f"the recipe {recipe} cannot be used: --{old} is now --{new}"),
    ):
        for kinds in ((RunSettings,), ALL):
            with pytest.raises(SystemExit):
                parse(*kinds, arguments=words)
            assert capsys.readouterr().err.strip().endswith(said)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--views 0", "--views should be at least 1, got 0"),
        ("--coverage 1.7", "--coverage should be above 0 and at most 1, got 1.7"),
        ("--batch_size -8", "--batch_size should be at least 1, got -8"),
        ("--epochs inf", "--epochs should be finite and at least 0, got inf"),
        ("--ema 1", "--ema should be at least 0 and below 1, got 1.0"),
        ("--heads 3", "a multiple of 4 and of --heads 3, got 256"),
        ("--consistency_weight 1", "at least 2"),
        ("--epochs 0", "--epochs 0 trains nothing: name the --base_model to measure"),
        ("--teacher x y", "several teachers go with --precompute_teacher only"),
        ("--balance sampler", "invalid choice: 'sampler'"),
        ("--stream x --precompute_teacher", "does not go with --stream"),
        ("--stream x --views 2", "do not go with --stream"),
        ("--stream x --group_weights a=b:2", "do not go with --stream"),
        ("--stream x --aux_targets age", "do not go with --stream"),
    ],
)
def test_settings_that_disagree_are_one_sentence(capsys, flags, said):
    with pytest.raises(SystemExit):
        parse(FitSettings, arguments=flags.split())
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_bundle_is_read_and_changed_by_flag():
    fit = with_values(FitSettings(), epochs=3, layers=2, aux_targets=["age"])
    assert (fit.schedule.epochs, fit.architecture.layers, fit.loss.aux_targets) == (3, 2, ["age"])
    assert with_values(FitSettings(), **values_of(fit)) == fit
    assert with_values(CropSettings(), crop_size=64) == CropSettings(crop_size=64)
    with pytest.raises(TypeError, match="FitSettings has no looks"):
        with_values(fit, looks=2)


def test_help_is_grouped_by_concern(capsys):
    with pytest.raises(SystemExit):
        parse(RunSettings, FitSettings, arguments=["--help"])
    heads = re.findall(r"^(\w+):$", capsys.readouterr().out, re.MULTILINE)
    assert heads[1:] == [
        part.__name__.removesuffix("Settings").lower()
        for part in (RunSettings, *parts_of(FitSettings))
    ]


def test_every_number_of_every_command_has_a_range_that_holds_its_default():
    kinds = [CapacitySettings, *(part for kind in kinds_below(Settings) for part in parts_of(kind))]
    for kind in dict.fromkeys(kinds):
        kind()
        for field in fields(kind):
            number = field.type in (int, float, int | None, float | None)
            assert isinstance(field.metadata["help"], Help) == number, field.name


def kinds_below(kind: type) -> list[type]:
    return [below for each in kind.__subclasses__() for below in (each, *kinds_below(each))]


def test_every_number_has_help_and_a_name_of_its_own():
    kinds = [part for kind in ALL for part in parts_of(kind)]
    fields = [field for kind in kinds for field in kind.__dataclass_fields__.values()]
    assert all(field.metadata["help"] for field in fields)
    assert len({field.name for field in fields}) == len(fields)


@pytest.mark.parametrize(("side", "smallest"), [(0, 20), (224, 20), (720, 20), (960, 960 / 36)])
def test_large_copies_are_searched_for_larger_faces(side, smallest):
    assert FaceSettings().smallest_on(side) == pytest.approx(smallest)
