"""The Space's own files: they agree with each other, and the app starts from them."""

import re
import sys

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from face_gender.photo import open_photo
from tests.conftest import ROOT, serve

SPACE = ROOT / "space"


def pins() -> dict[str, str]:
    lines = (SPACE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_pins_are_exact_and_serving_needs_no_torch():
    assert all(re.fullmatch(r"[\d.]+", version) for version in pins().values())
    assert not {"torch", "torchvision", "transformers", "matplotlib", "scikit-learn"} & set(pins())


def test_every_example_is_a_photo_of_which_its_readme_says_where_it_is_from():
    said = (SPACE / "README.md").read_text(encoding="utf-8")
    examples = sorted((SPACE / "examples").iterdir())
    assert examples
    for path in examples:
        assert open_photo(path).width >= 256
        assert f"`{path.name}`" in said


@pytest.mark.slow
def test_app_starts_and_answers_offline(small_model, tmp_path):
    """What `make app` runs, from outside the repository, on a photo of nothing."""
    Image.new("RGB", (64, 64)).save(tmp_path / "black.png")
    with serve(
        [sys.executable, str(ROOT / "app.py")], tmp_path, MODEL_ID=small_model, HF_HUB_OFFLINE=1
    ) as address:
        answer = Client(address, verbose=False).predict(
            handle_file(tmp_path / "black.png"), api_name="/predict"
        )
    assert answer["faces"] == []
