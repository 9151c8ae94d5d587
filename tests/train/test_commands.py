"""Every command and Make target: what it refuses, odd paths, and a stage before its predecessor."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys

import pytest
from datasets import DatasetDict

from tests.conftest import ROOT
from tests.support.pictures import write_crops, write_image_folder
from train.data import CALIBRATION, SELECTION, TEST, TRAIN, load_splits, write_splits

TRAINING = {  # commands that take a recipe, and a flag that each leaves to another
    **dict.fromkeys(("data", "crops", "fit", "export", "publish.card"), "--addresses"),
    **dict.fromkeys(("evaluate", "evaluate.select", "collect", "annotate"), "--cnn_epochs"),
    "baselines": "--near",
}
COMMANDS = (
    "train",
    *(f"train.{name}" for name in TRAINING),
    "train.score",
    "train.score.capacity",
    "train.publish.model",
    "train.publish.dataset",
    "train.publish.space",
    "face_gender",
)
ODD = 'my faces\' "x"; #1, *'
VARIABLES = dict(
    re.findall(r"^([a-z-]+)\.takes = (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
)
pytestmark = pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")


@pytest.fixture
def command(monkeypatch, capsys):
    """A command and its words -> exit code, and what it says last."""

    def run(name: str, *words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        said = capsys.readouterr().err.strip().splitlines()[-1:] or [""]
        told = isinstance(ended.value.code, str)
        return (1, ended.value.code) if told else (ended.value.code, said[0])

    return run


def make(*words: str) -> subprocess.CompletedProcess[str]:
    alone = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, env=alone
    )


def line_of(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that make would run."""
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-epochs", "3"], "-epochs"),
        (["--no_such_flag", "3"], "--no_such_flag"),
        (["--out", "my", "faces"], "the word 'faces' belongs to no flag"),
        (["--recipe", "no/such.txt"], "no/such.txt cannot be read"),
    ],
    ids=lambda words: "".join(words)[:12],
)
def test_every_command_refuses_what_it_does_not_take(command, name, words, said):
    if name == "face_gender":
        words, said = ["a.jpg", *words], "unrecognized arguments: -"
    elif "--out" in words and name in ("train.publish.model", "train.publish.space"):
        words = ["--to", "my", "faces"]
    elif "--out" in words and name == "train.score.capacity":
        words = ["--photos", "1", "faces"]
    code, last = command(name, *words)
    assert (code, said in last) == (2, True), last


@pytest.mark.parametrize(("name", "flag"), TRAINING.items())
def test_another_stage_s_flag_is_taken_from_a_recipe_only(command, name, flag, tmp_path):
    code, last = command(f"train.{name}", flag, "3")
    assert (code, f"{flag} belongs to another stage" in last) == (2, True), last
    recipe = tmp_path / "recipe.txt"
    recipe.write_text(f"{flag} 3")
    assert "--stray" in command(f"train.{name}", "--recipe", recipe, "--stray")[1]


@pytest.mark.parametrize("target", VARIABLES)
def test_make_hands_every_variable_over_as_one_word(target):
    names = [name for name in VARIABLES[target].split() if name not in ("MORE", "DRY_RUN", "PARTS")]
    given = [f"{name}={name}{ODD}" for name in names]
    words = shlex.split(line_of(make(target, *given, "MORE=--a 'b c'" if names else "PARTS=x")))
    unused = {"OUT"} if "FOLDER" in names else set()  # which stands for OUT's model
    assert {f"{name}{ODD}" for name in names if name not in unused} <= set(words)
    assert not names or words[-2:] == ["--a", "b c"]


@pytest.mark.parametrize("target", ["help", "app", "test", "version", *VARIABLES])
@pytest.mark.parametrize("name", ["EPOCHS", "RECIPE", "SAMPLE", "OUT", "EPOCH", "out"])
def test_make_refuses_a_variable_that_the_target_does_not_take(target, name):
    takes = sorted(VARIABLES.get(target, "no variables").split())
    done = make(target, f"{name}=3", *(["DATA=x"] if target == "score" else []))
    if name in takes:
        assert done.returncode == 0
    else:
        takes = " ".join(takes if target in VARIABLES else ["no", "variables"])
        assert f"make {target} takes {takes}, not {name}." in done.stderr
        assert done.returncode == 2


def test_make_leaves_a_run_s_recipe_its_data_and_its_sample(tmp_path):
    recipe, fairface = tmp_path / "my recipe.txt", "--data 'HuggingFaceM4/FairFace'"
    for line, named in (
        ("--epochs=3", False),
        ("--data_config=0.25", False),
        ("--data=my/faces", True),
        ("'--data=my faces'", True),
        ("--near 0 --data faces", True),
    ):
        recipe.write_text(f"# {line}\n{line}\n")
        said = line_of(make("train", f"RECIPE={recipe}"))
        assert (fairface in said, "--data_licence 'cc-by-4.0'" in said) == (not named, not named)
        assert "--sample" not in said
        said = line_of(make("train", f"RECIPE={recipe}", "DATA=others", "SAMPLE=4"))
        assert "--data 'others'" in said
        assert "--sample '4'" in said


@pytest.mark.parametrize(("old", "new"), [("label", "annotate"), ("choose", "select")])
def test_make_refuses_an_old_target_by_its_new_name(old, new):
    done = make(old, "ANNOTATOR=me")
    assert (done.returncode, f"make {old} is now make {new}." in done.stderr) == (2, True)


def test_every_variable_of_the_makefile_is_some_target_s_and_told():
    """And no target takes one that its lines never read."""
    makefile = (ROOT / "Makefile").read_text()
    told = (ROOT / "docs" / "training.md").read_text() + "".join(
        re.findall(r"^[a-z-]+:.*## (.*)$", makefile, re.MULTILINE)
    )
    taken = {name for names in VARIABLES.values() for name in names.split()}
    declared = set(re.findall(r"^([A-Z_]+) \?=", makefile, re.MULTILINE)) - {"PYTHON"}
    assert declared <= taken
    assert {name for name in taken if not re.search(rf"\b{name}\b", told)} == set()


def test_make_takes_a_variable_for_any_of_several_targets():
    assert "--sample '3'" in make("data", "crops", "fit", "SAMPLE=3", "TEACHER=runs/t/model").stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], None),
        (["DATA=my faces"], ["--model", "runs/x/model", "--data", "my faces"]),
        (["DATA=my faces", "MODEL=a/b"], ["--model", "a/b", "--data", "my faces"]),
    ],
)
def test_make_evaluates_any_model_on_ones_own_photos(given, words):
    line = shlex.split(line_of(make("evaluate", "OUT=runs/x", *given)))
    assert line[line.index("--model") :] == words if words else "--model" not in line


@pytest.mark.slow
def test_paths_with_spaces_end_where_they_should(tmp_path):
    photos, out = write_image_folder(tmp_path / "my faces", 16, 4), tmp_path / "runs" / "my run's"
    flags = "--label_column label --near 0"
    for target, more in (("data", [f"DATA={photos}", f"MORE={flags}"]), ("crops", [])):
        line = line_of(make(target, f"OUT={out}", *more))
        line = line.replace(".venv/bin/python", shlex.quote(sys.executable), 1)
        subprocess.run(["sh", "-c", line], cwd=ROOT, check=True, capture_output=True)
    assert len(load_splits(out / "data")[TEST]) == 4
    assert (out / "crops" / "faces.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my faces", "runs"]


@pytest.fixture(scope="module")
def run(tmp_path_factory, small_model):
    """A run with everything that stages read from each other, but no metrics and no card."""
    folder = tmp_path_factory.mktemp("whole")
    parts = load_splits(write_crops(folder / "crops", {TRAIN: 4, SELECTION: 4, CALIBRATION: 4}))
    write_splits(DatasetDict({**parts, TEST: parts[SELECTION]}), folder / "data")
    (folder / "crops" / "faces.json").write_text('{"median_share": 0.5}')
    shutil.copytree(small_model, folder / "model")
    return folder


@pytest.mark.parametrize(
    ("name", "lacks", "stage"),
    [
        ("crops", "data", "data"),
        ("fit", "crops", "crops"),
        ("export", "crops", "crops"),
        ("export", "model", "fit"),
        ("evaluate.select", "data", "data"),
        ("evaluate.select", "model", "fit"),
        ("evaluate", "data", "data"),
        ("evaluate", "crops/faces.json", "crops"),
        ("evaluate", "model", "fit"),
        ("evaluate", "model/model.onnx", "export"),
        ("baselines", "data", "data"),
        ("baselines", "crops", "crops"),
        ("baselines", "model", "fit"),
        ("baselines", "model/model.onnx", "export"),
        ("publish.card", "model", "fit"),
        ("publish.card", "model/metrics.json", "evaluate"),
        ("publish.model", "model", "fit"),
        ("publish.model", "model/model.onnx", "export"),
        ("publish.model", "model/metrics.json", "evaluate"),
        ("publish.model", "model/README.md", "card"),
        ("publish.dataset", "crops", "crops"),
        ("publish.dataset", "data", "data"),
        ("score", "model", "fit"),
    ],
)
def test_a_stage_before_its_predecessor_names_the_stage_to_run(
    command, run, tmp_path, name, lacks, stage
):
    out = tmp_path / "my run"
    shutil.copytree(run, out)
    if name == "publish.model":
        for written in {"metrics.json", "README.md"} - {lacks.split("/")[-1]}:
            (out / "model" / written).touch()
    path = out / lacks
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    before = sorted(out.rglob("*"))
    flags = {
        "evaluate.select": ["--out", out, "--candidates", out / "model"],
        "publish.model": ["--folder", out / "model", "--to", "a/b", "--dry_run"],
        "publish.dataset": ["--out", out, "--crop_size", "48", "--to", "a/b", "--dry_run"],
        "score": ["--data", out, "--model", out / "model", "--out", tmp_path / "scores"],
    }
    code, said = command(f"train.{name}", *flags.get(name, ["--out", out]))
    assert (code, f"run `make {stage} OUT='{out}'` first" in said) == (1, True), said
    assert "\n" not in said
    assert sorted(out.rglob("*")) == before
