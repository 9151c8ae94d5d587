"""Real parts for every test: a photo, the detector, a small ViT, a reader."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from face_gender.faces import FaceFinder
from face_gender.reader import PhotoReader
from face_gender.scores import load_scorer
from face_gender.settings import ModelSettings
from tests.hub import Hub

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has commands ignore it

ROOT = Path(__file__).parent.parent
FAIRFACE = ROOT.parent / "shared" / "fairface"
LABELS = ("Male", "Female")


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """Eileen Collins (NASA, public domain): (512, 512, 3) uint8, a face at (175, 66, 268, 196)."""
    return data.astronaut()


@pytest.fixture(scope="session")
def astronaut_file(astronaut, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "astronaut.jpg"
    Image.fromarray(astronaut).save(path, quality=95)
    return path


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="session")
def small_model(tmp_path_factory) -> Path:
    """A model folder as training writes it, of 100 kB: hidden 32, two layers, random weights."""
    import torch

    from train.export.to_onnx import write_model_onnx
    from train.models.save import write_model
    from train.models.vit import new_processor, new_vit
    from train.settings import ArchitectureSettings, CropSettings

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("small") / "model"
    crop = CropSettings(crop_size=48)
    settings = ArchitectureSettings(patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)
    model = new_vit(settings, crop, list(LABELS))
    model.classifier.weight.data *= 8  # scores that differ between crops, none of them 1
    write_model(
        model, new_processor(crop), {"margin": 0.1, "temperature": 1.0, "threshold": 0.6}, folder
    )
    write_model_onnx(folder, folder / "model.onnx")
    return folder


@pytest.fixture(scope="session")
def reader(finder, small_model) -> PhotoReader:
    return PhotoReader(finder, load_scorer(ModelSettings(str(small_model))))


@pytest.fixture
def hub() -> Iterator[Hub]:
    """An empty Hub on loopback."""
    with Hub() as hub:
        yield hub


@pytest.fixture(scope="session")
def fairface() -> Path:
    """The folder of labelled faces beside the project."""
    if not FAIRFACE.is_dir():
        pytest.skip("no labelled faces at ../shared/fairface")
    return FAIRFACE


@pytest.fixture(scope="session")
def fairface_photos(fairface) -> list[np.ndarray]:
    """A thousand of FairFace's validation photos, 224 x 224."""
    import io

    import pyarrow.parquet as parquet

    rows = (
        parquet.read_table(fairface / "validation-00000-of-00001.parquet", columns=["image"])
        .slice(0, 1000)
        .to_pylist()
    )
    return [
        np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")) for row in rows
    ]


@pytest.fixture(scope="session")
def served(small_model, tmp_path_factory) -> Iterator[str]:
    """The app as `make app` starts it, with the small model -> its address."""
    with serve(
        [sys.executable, "app.py"],
        ROOT,
        MODEL_ID=small_model,
        GRADIO_TEMP_DIR=tmp_path_factory.mktemp("cache"),
    ) as address:
        yield address


@pytest.fixture(scope="module")
def served_small_uploads(small_model, tmp_path_factory) -> Iterator[str]:
    """The same app, which takes files of 1 MB at most, and zips of one photo -> its address."""
    limits = {
        "MAX_UPLOAD_MB": 1,
        "MAX_ENTRIES": 1,
        "GRADIO_TEMP_DIR": tmp_path_factory.mktemp("cache"),
    }
    with serve([sys.executable, "app.py"], ROOT, MODEL_ID=small_model, **limits) as address:
        yield address


@contextmanager
def serve(command: list[str], folder: Path, **variables: object) -> Iterator[str]:
    """A serving command, run in a folder -> its address once it answers; stopped on exit."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        **{name: str(value) for name, value in variables.items()},
    }
    app = subprocess.Popen(command, cwd=folder, env=environ)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_until_served(app, address)
        yield address
    finally:
        app.terminate()
        app.wait(60)  # it ends what it holds


def wait_until_served(app: subprocess.Popen, address: str, seconds: float = 60) -> None:
    """Until the address answers; fails where the process has ended or time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            assert app.poll() is None, "the app ended before it served"
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing at {address} after {seconds} s")


def overlap(one, other) -> float:
    """Intersection over union of two boxes."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    shared = (np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])).clip(0).prod()
    return float(shared / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - shared))
