"""Publishing to the Hub on loopback by the real commands; pulling back by every documented way."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from face_gender.settings import VERSION
from tests.conftest import LABELS, ROOT
from tests.hub import Fault, Hub
from train.common.errors import StageError
from train.evaluate.findings import find
from train.publish.check import check_model
from train.publish.model import check_findings, stage_model
from train.publish.refusals import wait_of
from train.publish.upload import Target

NAME, TAG = "user/face-gender", f"v{VERSION}"


@pytest.fixture(scope="session")
def card_model(small_model, tmp_path_factory) -> Path:
    """The small model with the metrics and card that a run writes beside it."""
    from train.evaluate.figures import share_right, summarize
    from train.publish.card import write_card
    from train.settings import DataSettings, FitSettings, RunSettings

    run = tmp_path_factory.mktemp("run")
    folder = run / "model"
    shutil.copytree(small_model, folder)
    labels = np.arange(40) % 2
    scores = np.abs(labels[:, None] - [[0.9, 0.1]]) * [[1, 1]]
    whole = summarize(scores[::-1], labels, 0.6)
    metrics = {
        "onnx_sha256": sha256((folder / "model.onnx").read_bytes()).hexdigest(),
        "labels": list(LABELS),
        "threshold": 0.6,
        "all": whole,
        "found": whole,
        "misses_as_errors": share_right(labels == 0),
        "missed": 0,
        "whole_picture": whole,
        "groups": {},
        "robustness": {},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    write_card(RunSettings(str(run)), DataSettings(), FitSettings())
    return folder


def command(
    hub: Hub, home: Path, *words: str, token: str = "hf_test", **environ: str
) -> subprocess.CompletedProcess:
    """Run Python in the repository, as make does."""
    asked = {**hub.environ(home, token), **environ}
    line = [sys.executable, "-W", "ignore", *words]
    return subprocess.run(line, cwd=ROOT, env=asked, capture_output=True, text=True, timeout=120)


def python(hub: Hub, home: Path, script: str) -> object:
    """Run a user's script, elsewhere -> the JSON that it prints last."""
    home.mkdir(exist_ok=True)
    asked = {**hub.environ(home, token=""), "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=home,
        env=asked,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def publish(
    hub: Hub, home: Path, folder: Path, *more: str, to: str = NAME, **environ: str
) -> subprocess.CompletedProcess:
    return command(
        hub,
        home,
        "-m",
        "train.publish.model",
        "--to",
        to,
        "--folder",
        str(folder),
        *more,
        **environ,
    )


def test_a_good_folder_is_accepted(card_model):
    check_model(card_model)
    check_findings(card_model, anyway=False)


def test_a_model_no_better_than_a_guess_is_published_only_anyway(card_model, tmp_path, capsys):
    figures = json.loads((card_model / "metrics.json").read_text())
    figures["findings"] = find(figures, [])
    (tmp_path / "metrics.json").write_text(json.dumps(figures))
    with pytest.raises(StageError, match=r"This model .* always answering .* MORE=--anyway\."):
        check_findings(tmp_path, anyway=False)
    check_findings(tmp_path, anyway=True)
    assert "always answering" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("README.md", None, "has no README.md"),
        ("model.onnx", None, "has no model.onnx"),
        ("README.md", "# no metadata", "has no license in its metadata"),
        ("README.md", "---\nlicense: mit\nlicense: [\n---\n", "README.md"),
        (
            "metrics.json",
            '{"all": {"accuracy": 0.123}, "onnx_sha256": ""}',
            "lacks the accuracy",
        ),
        (
            "metrics.json",
            '{"all": {"accuracy": 0.123}, "onnx_sha256": ""}',
            "measured on another model.onnx",
        ),
        ("pytorch_model.bin", "x", "not published"),
        ("weights.pkl", "x", "not published"),
        ("training_args.json", "{}", "belongs to the training run"),
        ("checkpoint-5/config.json", "{}", "belongs to the training run"),
        ("optimizer.safetensors", "x", "belongs to the training run"),
        ("model.safetensors", "no weights", "cannot be read"),
    ],
)
def test_what_is_not_published(card_model, tmp_path, name, content, said):
    folder = tmp_path / "model"
    shutil.copytree(card_model, folder)
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        check_model(folder)


def test_onnx_of_another_model_is_not_published(card_model, tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(card_model, folder)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"] = -weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="disagree"):
        check_model(folder)


def test_the_upload_holds_the_serving_code_to_the_byte(card_model, tmp_path):
    stage_model(card_model, Target(NAME, "model"), tmp_path / "stage")
    package = ROOT / "space" / "face_gender"
    tracked = subprocess.run(
        ["git", "ls-files", "."], cwd=package, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"reader.py", "mtcnn/pnet.onnx"} <= set(tracked)
    for path in tracked:
        assert (tmp_path / "stage" / "face_gender" / path).read_bytes() == (
            package / path
        ).read_bytes()
    for path in ("model.onnx", "model.safetensors", "metrics.json", "preprocessor_config.json"):
        assert (tmp_path / "stage" / path).read_bytes() == (card_model / path).read_bytes()
    assert NAME in (tmp_path / "stage" / "README.md").read_text()
    config = json.loads((tmp_path / "stage" / "config.json").read_text())
    assert config.pop("custom_pipelines")["face-gender"]["impl"] == "pipeline.FaceGenderPipeline"
    assert config == json.loads((card_model / "config.json").read_text())


def test_no_two_copies_in_git():
    tracked = subprocess.run(
        ["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    networks = [
        line.split()[1] for line in tracked.splitlines() if line.endswith((".onnx", ".safetensors"))
    ]
    assert len(networks) == len(set(networks))


@pytest.mark.slow
def test_dry_run_without_token_or_hub(hub, card_model, tmp_path):
    done = publish(hub, tmp_path, card_model, "--dry-run", HF_TOKEN="")
    assert done.returncode == 0, done.stderr
    assert "face_gender/mtcnn/pnet.onnx" in done.stdout
    assert f"{NAME} at {TAG}" in done.stdout
    assert hub.asked == []


@pytest.mark.parametrize("token", ["", "hf_wrong"])
def test_a_missing_and_a_wrong_token_are_told_apart(hub, card_model, tmp_path, token):
    done = publish(hub, tmp_path, card_model, HF_TOKEN=token)
    said = "know the token (HF_TOKEN), which may be mistyped" if token else "You are not logged in"
    assert done.returncode == 1
    assert said in done.stderr.strip().splitlines()[-1]
    assert hub.repos == {}


WAITS = {"Retry-After": "3600"}
REFUSED = {  # by name: what goes wrong with which request, and what is said of it
    "token": (Fault("{}/preupload", 401), "it does not know the token"),
    "right": (Fault("{}/commit", 403), "may not write to it"),
    "later": (Fault("{}/preupload", 429, WAITS), "it asks to come back in 60 minutes (429)"),
    "broken": (Fault("{}/commit", 500), "error 500"),
    "quota": (
        Fault("{}/commit", 403, {"X-Error-Message": "Private storage limit reached, upgrade."}),
        "it has no room for this: Private storage limit reached, upgrade.",
    ),
    "card": (None, 'it refuses the metadata of README.md: "license" must be a string.'),
    "put-500": (
        Fault("PUT .*{}", 500),
        "model.onnx could not be uploaded, so nothing was published: the Hub answered with error",
    ),
    "put-403": (Fault("PUT .*{}", 403), "model.onnx could not be uploaded, so nothing was"),
    "put-cut": (Fault("PUT .*{}", hang_up=True), "the Hub could not be reached, or went away"),
    "verify": (Fault("verify/{}", 404), "the Hub answered with error 404"),
}
UPLOAD = """
import json, logging, time
from pathlib import Path
from train.common.errors import StageError
from train.publish.upload import Target, open_api, publish_folder
time.sleep = lambda seconds: None
logging.disable()
said = {}
for folder in Path(FOLDER).iterdir():
    try:
        to = Target(f"user/{folder.name}", "model")
        said[folder.name] = publish_folder(open_api(), folder, to)
    except StageError as error:
        said[folder.name] = str(error)
print(json.dumps(said))
"""


def test_what_fails_is_one_sentence_and_uploads_nothing(hub, tmp_path):
    """One process publishes a folder for each way to fail, and one that succeeds."""
    hub.faults = []
    for name, (fault, _) in {**REFUSED, "well": (None, "")}.items():
        folder = tmp_path / "folders" / name
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(f"---\nlicense: {5 if name == 'card' else 'mit'}\n---\n")
        content = name.encode()
        (folder / "model.onnx").write_bytes(content)
        if fault:
            large = "PUT" in fault.match or "verify" in fault.match
            at = sha256(content).hexdigest() if large else name
            hub.faults.append(replace(fault, match=fault.match.format(at)))
    script = UPLOAD.replace("FOLDER", repr(str(tmp_path / "folders")))
    done = command(hub, tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told.pop("well").startswith(f"Published user/well at {TAG} (")
    assert hub.repos.pop("models/user/well").tags.keys() == {TAG}
    for name, (_, said) in REFUSED.items():
        assert told[name].startswith(f"user/{name} on the Hub: "), told[name]
        assert said in told[name]
        assert told[name].endswith(".")
        assert told[name].count("\n") == 0
    assert all(not files for repo in hub.repos.values() for files in repo.commits.values())


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, ""),
        ({"Retry-After": "soon"}, ""),
        ({"Retry-After": "90"}, "90 seconds"),
        ({"retry-after": "7200"}, "120 minutes"),
        ({"RateLimit": '"api";r=0;t=300'}, "5 minutes"),
        ({"Retry-After": "Fri, 20 Nov 2020 10:00:00 GMT"}, ""),
    ],
)
def test_wait_of(headers, wait):
    assert wait_of(headers) == wait


@pytest.mark.parametrize("name", ["", "user", "user/a/b", "user/", "a b/c", "user/ä", "u/a--b"])
def test_names_that_the_hub_does_not_allow(name):
    with pytest.raises(StageError, match="A name on the Hub"):
        Target(name, "model")


def test_tags_that_the_hub_does_not_allow():
    with pytest.raises(StageError, match="A tag should be letters"):
        Target(NAME, "model", "v 1")


@pytest.mark.slow
def test_round_trip(hub, card_model, small_model, astronaut_file, tmp_path):
    """Publish through passing faults, refuse a second time, and pull by each documented way."""
    hub.faults = [
        Fault("repos/create", 429, {"Retry-After": "1"}, times=1),
        Fault("commit/main", 500, times=1),
    ]
    done = publish(hub, tmp_path, card_model)
    assert done.returncode == 0, done.stderr
    repo = hub.repos[f"models/{NAME}"]
    assert len(repo.commits) == 2  # the empty one and ours
    assert repo.tags == {TAG: repo.branches["main"]}
    again = publish(hub, tmp_path, card_model)
    assert again.returncode == 1
    assert f"has {TAG} already" in again.stderr
    assert_other_ways(hub, tmp_path, card_model)
    assert_pulls(hub, tmp_path, astronaut_file, repo.tags[TAG])


def assert_other_ways(hub: Hub, home: Path, folder: Path) -> None:
    """A tag of one's own, a pull request, and a private model; a public one stays public."""
    repo = hub.repos[f"models/{NAME}"]
    before = dict(repo.tags)
    asked = publish(hub, home, folder, "--pr", "--tag", "v2-draft")
    assert asked.stdout.splitlines()[-1].startswith(f"Opened {hub.url}/{NAME}/discussions/1;")
    assert (repo.tags, len(repo.commits), len(repo.requests)) == (before, 2, 1)
    assert b'"revision": "v2-draft"' in repo.requests[0]["README.md"]
    refused = publish(hub, home, folder, "--private", "--tag", "v2")
    assert "is there already and public" in refused.stderr
    done = publish(hub, home, folder, "--private", "--tag", "mine", to="user/own")
    assert done.stdout.splitlines()[-1].startswith("Published user/own at mine (")
    mine = hub.repos["models/user/own"]
    card = mine.commits[mine.branches["main"]]["README.md"].decode()
    assert "\n# own: perceived gender" in card
    assert "\n- name: own\n" in card
    assert (mine.private, list(mine.tags)) == (
        True,
        ["mine"],
    )


def assert_pulls(hub: Hub, home: Path, photo: Path, commit: str) -> None:
    expected = python(
        hub, home / "app", APP.format(root=str(ROOT), name=NAME, tag=TAG, photo=str(photo))
    )
    assert (expected["result"]["model"], expected["result"]["revision"]) == (NAME, commit)
    assert len(expected["result"]["faces"]) == 1
    crop = home / "crop.png"
    shutil.copyfile(home / "app" / "crop.png", crop)
    found = python(
        hub, home / "pulled", PULLED.format(name=NAME, tag=TAG, photo=str(photo), crop=str(crop))
    )
    assert found["whole"] == [expected["result"]] * 2
    assert found["refused"]
    scores = expected["result"]["faces"][0]["scores"]
    for plain in (found["plain"], found["auto"]):
        assert plain == pytest.approx(scores, abs=5e-3)


APP = """
import json, sys
sys.path.insert(0, {root!r})
from PIL import Image
from face_gender import open_reader
result = open_reader({name!r}, {tag!r}).read({photo!r})
Image.fromarray(result.faces[0].crop).save("crop.png")
print(json.dumps({{"result": result.to_dict()}}))
"""

PULLED = """
import json, torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification, pipeline
name, tag, photo, crop = {name!r}, {tag!r}, {photo!r}, {crop!r}
plain = pipeline("image-classification", model=name, revision=tag)(crop)
model = AutoModelForImageClassification.from_pretrained(name, revision=tag, dtype=torch.float32)
processor = AutoImageProcessor.from_pretrained(name, revision=tag)
scores = model(**processor(Image.open(crop), return_tensors="pt")).logits.softmax(-1)[0]
auto = {{model.config.id2label[place]: float(score) for place, score in enumerate(scores)}}
try:
    refused = not pipeline("face-gender", model=name, revision=tag)
except ValueError as error:
    refused = "trust_remote_code" in str(error)
read = pipeline("face-gender", model=name, revision=tag, trust_remote_code=True)
plain = {{row["label"]: row["score"] for row in plain}}
whole = [read(photo), *read([photo])]
print(json.dumps({{"plain": plain, "auto": auto, "refused": refused, "whole": whole}}))
"""
