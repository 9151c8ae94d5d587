"""A reader that was used, in another process: forked, or pickled for one that is spawned."""

import multiprocessing
import shutil

import pytest

from face_gender.faces import FaceFinder
from face_gender.reader import PhotoReader
from face_gender.scores import load_scorer
from face_gender.settings import FaceSettings, ModelSettings


def answer(reader, photo, answers):
    answers.put(reader.read(photo).to_dict()["faces"])


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # that other threads run when this process forks
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("weights", ["*.safetensors", "*.onnx"])
def test_a_used_reader_works_in_another_process(method, weights, small_model, astronaut, tmp_path):
    folder = shutil.copytree(
        small_model, tmp_path / "model", ignore=shutil.ignore_patterns(weights)
    )
    reader = PhotoReader(
        FaceFinder(FaceSettings(threads=4)), load_scorer(ModelSettings(str(folder), threads=4))
    )
    here = reader.read(astronaut).to_dict()["faces"]
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    process = context.Process(target=answer, args=(reader, astronaut, answers), daemon=True)
    process.start()
    try:
        assert answers.get(timeout=60) == here
    finally:
        process.kill()
        process.join()
