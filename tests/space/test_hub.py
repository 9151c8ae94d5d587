"""Pulling from the Hub with the real client, in its own process, whatever goes wrong."""

import errno
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from face_gender.hub import explain
from tests.conftest import ROOT
from tests.hub import Fault

NAME, OLD, NEW = "user/face-gender", "v0.1.0", "v0.2.0"
ASK = """
import json
from face_gender.scores import load_scorer
from face_gender.settings import ModelSettings, from_environment
try:
    model = load_scorer(from_environment(ModelSettings), fall_back={fall_back}).model
    print(json.dumps([model.name, model.revision, model.origin]))
except ValueError as error:
    print(json.dumps(["", "", str(error)]))
"""


@pytest.fixture(scope="module")
def space(small_model, tmp_path_factory) -> Path:
    """A copy of the Space with a small bundled model, as it lies on the Hub's machine."""
    folder = tmp_path_factory.mktemp("space") / "space"
    shutil.copytree(ROOT / "space", folder, ignore=shutil.ignore_patterns("model", "__pycache__"))
    shutil.copytree(small_model, folder / "model")
    return folder


@pytest.fixture
def other_model(small_model, tmp_path) -> Path:
    """The small model with another ONNX file and threshold: what a second release changes."""
    folder = tmp_path / "other"
    shutil.copytree(small_model, folder)
    config = json.loads((folder / "config.json").read_text())
    config["face_gender"]["threshold"] = 0.7
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.onnx").write_bytes(
        (folder / "model.onnx").read_bytes() + b"\x72\x00"
    )  # an empty unknown field
    return folder


@pytest.fixture
def ask(hub, space, tmp_path):
    """Revision -> what a new process of the Space says: name, revision, and origin or error."""

    def ask(
        revision: str, name: str = NAME, fall_back: bool = True, before: str = "", **environ: str
    ) -> list[str]:
        asked = {**hub.environ(tmp_path), "MODEL_ID": name, "MODEL_REVISION": revision, **environ}
        script = before + ASK.format(fall_back=fall_back)
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=space,
            env=asked,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout.splitlines()[-1])
        assert answer[2].endswith(".")
        assert "\n" not in answer[2]
        return answer

    return ask


def in_cache(folder: Path) -> list[str]:
    """Unfinished downloads, which there should be none of."""
    return [path.name for path in folder.rglob("*.incomplete")]


def test_pulls_what_it_needs_and_no_more(hub, ask, small_model):
    sha = hub.add(NAME, small_model, OLD)
    assert ask(OLD) == [NAME, sha, f"{NAME} at {OLD} answers, pulled from the Hub."]
    assert not [wanted for wanted in hub.asked if "safetensors" in wanted or "metrics" in wanted]


@pytest.mark.parametrize("revision", [OLD, "commit"])
def test_hub_away_after_a_pull(hub, ask, small_model, revision):
    sha = hub.add(NAME, small_model, OLD)
    revision = sha if revision == "commit" else revision
    assert ask(revision)[:2] == [NAME, sha]
    hub.faults = [Fault("", 503)]
    assert ask(revision, fall_back=False)[:2] == [NAME, sha]
    assert ask(revision, HF_ENDPOINT="http://127.0.0.1:9")[:2] == [NAME, sha]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("api/models", 401), "wants a token that opens it"),
        (Fault("api/models", 403), "does not open it"),
        (Fault("api/models", 404, {"X-Error-Code": "RepoNotFound"}), "none of this name"),
        (Fault("api/models", 404, {"X-Error-Code": "RevisionNotFound"}), f"no revision '{NEW}'"),
        (Fault("api/models", 429, {"Retry-After": "3600"}), "come back later"),
        (Fault("api/models", 500), "error 500"),
        pytest.param(
            Fault("resolve/.*onnx", 500), "error 500", marks=pytest.mark.slow
        ),  # the client tries for 23 s
        (Fault("GET .*onnx", damage=True), "model.onnx arrived damaged"),
    ],
)
def test_the_old_model_is_kept(hub, ask, small_model, other_model, tmp_path, fault, said):
    old = hub.add(NAME, small_model, OLD)
    hub.add(NAME, other_model, NEW)
    assert ask(OLD)[:2] == [NAME, old]
    hub.faults = [fault]
    name, revision, origin = ask(NEW)
    assert (name, revision) == (NAME, old)
    assert origin.startswith("The last good copy")
    assert said in origin
    assert in_cache(tmp_path) == []


NO_TORCH = "import sys; sys.modules['torch'] = None\n"


@pytest.mark.parametrize(
    ("left_out", "before", "said"),
    [("", "", "could not be opened"), ("*.onnx", NO_TORCH, "has no ONNX file")],
)
def test_the_old_model_is_kept_where_the_new_one_cannot_be_loaded(
    hub, ask, small_model, tmp_path, left_out, before, said
):
    """One that arrives whole, and is then the newest in the cache."""
    folder = shutil.copytree(small_model, tmp_path / "new", ignore=shutil.ignore_patterns(left_out))
    if not left_out:
        (folder / "model.onnx").write_bytes(b"no network")
    old = hub.add(NAME, small_model, OLD)
    assert ask(OLD)[:2] == [NAME, old]
    for broken in (NAME, "user/other"):
        hub.add(broken, folder, NEW)
    name, revision, origin = ask(NEW, before=before)
    assert (name, revision) == (NAME, old)
    assert origin.startswith("The last good copy")
    assert said in origin
    assert ask(NEW, "user/other", before=before)[0] == "bundled"
    assert said in ask(NEW, before=before, fall_back=False)[2]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("api/models", 429, {"Retry-After": "1"}, times=2),
        Fault("api/models", 500, times=2),
        Fault("resolve/.*onnx", 500, times=1),
        Fault("resolve/.*onnx", 429, {"Retry-After": "1"}, times=1),
        Fault("GET .*onnx", cut=True, times=1),
        Fault("GET .*onnx", damage=True, times=1),
    ],
)
def test_what_passes_is_waited_for(hub, ask, small_model, fault):
    sha = hub.add(NAME, small_model, OLD)
    hub.faults = [fault]
    assert ask(OLD, fall_back=False)[:2] == [NAME, sha]
    assert fault.times == 0


def test_nothing_cached_and_no_hub(ask):
    name, revision, origin = ask(OLD, HF_ENDPOINT="http://127.0.0.1:9")
    assert name == "bundled"
    assert revision.startswith("sha256:")
    assert origin.startswith("The bundled model answers.")
    assert "could not be reached" in origin
    assert "could not be reached" in ask(OLD, HF_ENDPOINT="http://127.0.0.1:9", fall_back=False)[2]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("user/nobody", "none of this name"),
        ("no such folder", "neither a folder here"),
        ("../../etc", "neither a folder here"),
    ],
)
def test_a_name_that_is_none(ask, name, said):
    assert said in ask(OLD, name, fall_back=False)[2]
    assert ask(OLD, name)[0] == "bundled"


@pytest.mark.slow
def test_connection_cut_for_good(hub, ask, small_model, other_model, tmp_path):
    """The Hub dies in mid-file and stays away."""
    old = hub.add(NAME, small_model, OLD)
    hub.add(NAME, other_model, NEW)
    ask(OLD)
    hub.faults = [Fault("GET .*onnx", cut=True)]
    name, revision, origin = ask(NEW)
    assert (name, revision) == (NAME, old)
    assert "went away in the middle" in origin
    assert in_cache(tmp_path) == []
    hub.faults = []
    assert ask(NEW)[1] != old


def test_full_disk(hub, ask, small_model, other_model, tmp_path):
    """A limit on the size of files stands for a full disk: an OSError in the same place."""
    old = hub.add(NAME, small_model, OLD)
    hub.add(NAME, other_model, NEW)
    ask(OLD)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    name, revision, origin = ask(NEW, before=limit)
    assert (name, revision) == (NAME, old)
    assert "the disk is full" in origin
    assert in_cache(tmp_path) == []


def test_a_file_that_rots_in_the_cache_is_fetched_again(hub, ask, small_model, tmp_path):
    sha = hub.add(NAME, small_model, OLD)
    ask(OLD)
    kept = next(path for path in tmp_path.rglob("model.onnx") if path.is_symlink()).resolve()
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")
    assert ask(OLD, HF_ENDPOINT="http://127.0.0.1:9")[0] == "bundled"
    assert ask(OLD)[:2] == [NAME, sha]


def test_pickles_are_never_loaded(hub, ask, small_model, tmp_path):
    import torch

    folder = tmp_path / "pickled"
    shutil.copytree(small_model, folder, ignore=shutil.ignore_patterns("*.onnx", "*.safetensors"))
    torch.save({"weights": torch.zeros(1)}, folder / "pytorch_model.bin")
    hub.add(NAME, folder, OLD)
    assert "never loaded" in ask(OLD, fall_back=False)[2]
    assert not [wanted for wanted in hub.asked if "GET" in wanted and "bin" in wanted]


def test_two_processes_pull_at_once(hub, ask, small_model):
    sha = hub.add(NAME, small_model, OLD)
    answers: list[list[str]] = []
    pulls = [threading.Thread(target=lambda: answers.append(ask(OLD))) for _ in range(2)]
    for pull in pulls:
        pull.start()
    for pull in pulls:
        pull.join()
    assert [answer[:2] for answer in answers] == [[NAME, sha]] * 2


@pytest.mark.slow
def test_any_model_of_the_hub_by_its_name(hub, small_model, astronaut_file, tmp_path):
    """One without an ONNX file and with classes of its own: read as transformers reads it."""
    folder = tmp_path / "foreign"
    shutil.copytree(small_model, folder, ignore=shutil.ignore_patterns("*.onnx"))
    config = json.loads((folder / "config.json").read_text())
    del config["face_gender"]
    config |= {"id2label": {"0": "cat", "1": "dog"}, "label2id": {"cat": 0, "dog": 1}}
    (folder / "config.json").write_text(json.dumps(config))
    commit = hub.add("user/pets", folder, OLD)
    script = PETS.format(photo=str(astronaut_file))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=hub.environ(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    result, plain = json.loads(done.stdout.splitlines()[-1])
    assert (result["model"], result["revision"], result["threshold"]) == ("user/pets", commit, 0.0)
    assert result["faces"][0]["scores"] == pytest.approx(
        {row["label"]: row["score"] for row in plain}, abs=5e-3
    )


PETS = """
import json
from PIL import Image
from transformers import pipeline
from face_gender import open_reader
result = open_reader("user/pets", "v0.1.0").read({photo!r})
plain = pipeline("image-classification", model="user/pets")(Image.fromarray(result.faces[0].crop))
print(json.dumps([result.to_dict(), plain]))
"""


@pytest.mark.parametrize(
    ("error", "said"),
    [(PermissionError(errno.EACCES, "refused"), "could not be reached"),
     (PermissionError(errno.EPERM, "refused"), "could not be reached"),
     (PermissionError(errno.EACCES, "shut", "/cache/models"), "cannot be written to"),
     (OSError(errno.EROFS, "read-only", "/cache/models"), "cannot be written to"),
     (OSError(errno.ENOSPC, "full"), "the disk is full")],
)  # fmt: skip
def test_a_refused_connection_is_no_shut_cache(error, said):
    outer = OSError("of the client")
    outer.__cause__ = error
    assert said in explain(outer, OLD)
