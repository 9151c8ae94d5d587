"""What is believed of models, frames and code: nothing that was not checked."""

import io
import json
import re
import shutil
import subprocess
import sys
import tokenize
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from face_gender.faces import FaceFinder
from face_gender.photo import PhotoError, open_photo
from face_gender.reader import PhotoReader
from face_gender.scores import load_scorer
from face_gender.settings import ModelSettings
from face_gender.ui.components import frame_of
from tests.conftest import ROOT

CODE = (tokenize.NAME, tokenize.OP)
# Pillow would start Ghostscript for it.
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"


def address_of(content: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(content).decode()


@pytest.mark.parametrize(("damage", "said"), [(0, ""), (1, "damaged: its hash is not the one")])
def test_a_bundled_model_that_was_changed_is_refused(small_model, tmp_path, damage, said):
    shutil.copytree(
        ROOT / "space" / "face_gender",
        tmp_path / "face_gender",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    folder = shutil.copytree(small_model, tmp_path / "model")
    content = bytearray((folder / "model.onnx").read_bytes())
    (folder / "metrics.json").write_text(json.dumps({"onnx_sha256": sha256(content).hexdigest()}))
    content[len(content) // 2] ^= damage
    (folder / "model.onnx").write_bytes(content)
    script = "from face_gender.model_folder import open_model; print(open_model().name)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == (("", 1) if damage else ("bundled\n", 0))
    assert said in done.stderr


@pytest.mark.parametrize(
    "address",
    [None, "", "data:", "data:image/png;base64,%%%", "data:image/png;base64,ä",
     "data:image/png;base64,iVBORw0KGgo=", address_of(EPS), __file__, "https://a"],
)  # fmt: skip
def test_a_frame_that_is_no_photo_is_refused_like_one(address):
    with pytest.raises(PhotoError):
        open_photo(frame_of(address))


def test_a_frame_is_decoded_by_us_alone(reader, astronaut_file):
    assert len(reader.read(frame_of(address_of(astronaut_file.read_bytes()))).faces) == 1


def test_no_code_of_ours_trusts_code_of_others_or_unpickles():
    words = (
        "trust_remote_code",
        "pickle",
        "torch.load",
        "joblib",
        "eval(",
        "exec(",
        "os.system",
        "shell=True",
        "yaml.load",
    )
    for path in (*(ROOT / "space").rglob("*.py"), *(ROOT / "train").rglob("*.py")):
        parts = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        code = "".join(part.string for part in parts if part.type in CODE)
        assert not [
            word for word in words if word in re.sub(r"\.eval\(|\.exec_module\(", "", code)
        ], path


def test_a_models_own_code_is_not_run_unasked(small_model, tmp_path):
    folder = shutil.copytree(
        small_model, tmp_path / "model", ignore=shutil.ignore_patterns("*.onnx")
    )
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "harm.Config", "AutoModelForImageClassification": "harm.Model"}
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": own}))
    (folder / "harm.py").write_text(
        f"import pathlib\npathlib.Path({str(tmp_path / 'harm')!r}).touch()\n"
    )
    load_scorer(ModelSettings(str(folder)))
    assert not (tmp_path / "harm").exists()


def test_two_readers_share_no_state(finder, small_model, astronaut):
    scorer = load_scorer(ModelSettings(str(small_model)))
    strict, lax = (
        PhotoReader(finder, scorer, 1.0),
        PhotoReader(FaceFinder(), load_scorer(ModelSettings(str(small_model))), 0.0),
    )
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(
                lambda number: (strict, lax)[number % 2].read(astronaut).to_dict(), range(16)
            )
        )
    assert all(each == found[number % 2] for number, each in enumerate(found))
    assert [each["threshold"] for each in found[:2]] == [1.0, 0.0]
