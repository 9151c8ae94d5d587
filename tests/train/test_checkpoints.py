"""Checkpoints of every kind: each is read as its own image processor reads, and goes all the way.

That is to be trained, exported, measured, described, and served by command line and page.
"""

import csv
import json
import shutil
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features
from datasets import Image as Photo
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoImageProcessor, Siglip2Config

from face_gender.__main__ import main as command
from face_gender.published_metrics import read_published
from face_gender.reader import PhotoReader, open_reader
from face_gender.scores import TorchScorer, to_tensor
from face_gender.settings import PageSettings, VideoSettings, ZipSettings
from face_gender.ui.api import Endpoints
from face_gender.ui.batch import BatchReader
from face_gender.ui.videos import VisitorVideos
from face_gender.video_reader import VideoReader
from tests.support.checkpoints import KINDS, RELATIVES, SIDE, SMALL, SQUARE, TEXT, write_base
from tests.support.pictures import CLASSES, look
from train.common.errors import StageError
from train.crops.stage import crop_faces
from train.data import CALIBRATION, LABEL, PHOTO, SELECTION, TEST, TRAIN, write_splits
from train.evaluate.precision import by_pipeline
from train.evaluate.stage import write_metrics
from train.export.stage import export_model
from train.fit.stage import fit_model
from train.models.build import open_base
from train.models.param_groups import is_head
from train.publish.card import write_card
from train.settings import (
    ArchitectureSettings,
    AugmentSettings,
    CropSettings,
    DataSettings,
    EvaluateSettings,
    ExportSettings,
    FitSettings,
    RunSettings,
    with_values,
)

CROP = CropSettings(crop_size=SIDE)
MARGIN = 0.3  # of the base that the crops were cut for
LAX = {"same_label": 0.0, "median_difference": 1.0, "accuracy_points": 100.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run with two test photos, and crops with the margin of the base they were cut for."""
    folder = tmp_path_factory.mktemp("run")
    rng = np.random.default_rng(1)
    kinds = Features({PHOTO: Photo(), LABEL: ClassLabel(names=list(CLASSES))})
    counts = {TRAIN: 6, SELECTION: 4, CALIBRATION: 4, TEST: 2}
    photos = {
        name: [{PHOTO: look(rng), LABEL: number % 2} for number in range(count)]
        for name, count in counts.items()
    }
    parts = {name: Dataset.from_list(rows, features=kinds) for name, rows in photos.items()}
    write_splits(DatasetDict(parts), folder / "data")
    base = write_base(next(iter(KINDS.values())), folder / "base", MARGIN)
    crop_faces(RunSettings(str(folder)), CROP, ArchitectureSettings(base_model=str(base)))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*KINDS, *({"timm"} - set(KINDS))])
def test_a_checkpoint_goes_from_training_to_the_page(
    kind, run, tmp_path, astronaut, astronaut_file, capsys
):
    if kind == "timm":
        pytest.importorskip("timm")
    out = Path(shutil.copytree(run, tmp_path / "run"))
    base, settings = write_base(KINDS[kind], tmp_path / "base"), RunSettings(str(out))
    check_reading(base, astronaut[66:196, 156:286])
    assert "start at random" not in capsys.readouterr().out
    fit = with_values(
        FitSettings(), base_model=str(base), epochs=1.0, batch_size=8, muon=False, bf16=False
    )
    fit_model(settings, CROP, AugmentSettings(), fit)
    export_model(settings, ExportSettings(export_faces=4, **LAX))
    write_metrics(settings, EvaluateSettings(robustness=False))
    write_card(settings, DataSettings(), fit)
    assert "Fine-tuned from an unnamed checkpoint" in (out / "model" / "README.md").read_text()
    reader = open_reader(str(out / "model"))
    assert (set(reader.labels), reader.scorer.model.margin) == (set(CLASSES), MARGIN)
    check_serving(reader, astronaut_file, tmp_path / "faces.csv")


def check_serving(reader: PhotoReader, photo: Path, table: Path) -> None:
    """Reader, command line, page, weights and transformers' pipeline give a face one score."""
    (face,) = reader.read(photo).faces
    model = reader.scorer.model
    torch_scores = TorchScorer(model).score_crops([face.crop])[0]
    for scores in (torch_scores, by_pipeline([face.crop], reader.scorer)[0]):
        np.testing.assert_allclose(scores, list(face.scores.values()), atol=0.03)
    command([str(photo), "--model", str(model.folder), "--csv", str(table)])
    (row,) = csv.DictReader(table.read_text().splitlines())
    packed = b64encode(photo.read_bytes()).decode()
    (served,) = page_of(reader).predict(f"data:image/jpeg;base64,{packed}")["faces"]
    assert read_published(reader.folder), "the page's About tab shows the figures"
    for name in CLASSES:
        assert served["scores"][name] == pytest.approx(face.scores[name], abs=1e-4)
        assert float(row[name]) == pytest.approx(face.scores[name], abs=1e-3)


def page_of(reader: PhotoReader) -> Endpoints:
    """A reader -> what the page answers with."""
    videos = VisitorVideos(VideoReader(reader, VideoSettings()), PageSettings())
    return Endpoints(reader, BatchReader(reader, PageSettings(), ZipSettings()), videos)


@pytest.mark.parametrize("name", RELATIVES)
def test_a_relative_of_a_kind_is_read_as_its_own_processor_reads(name, tmp_path, astronaut, capsys):
    check_reading(write_base(RELATIVES[name], tmp_path), astronaut[66:196, 156:286])
    assert "start at random" not in capsys.readouterr().out


def check_reading(base: Path, face: np.ndarray) -> None:
    """The network that training starts from sees what the checkpoint's own processor shows it."""
    crop = np.asarray(Image.fromarray(face).resize((SIDE, SIDE)))
    theirs = AutoImageProcessor.from_pretrained(base)
    shown = np.asarray(theirs(Image.fromarray(crop), return_tensors="pt")["pixel_values"])
    model, ours = open_base(ArchitectureSettings(base_model=str(base)), CROP, list(CLASSES))
    seen = to_tensor([crop], ours.to_dict())
    bgr = getattr(theirs, "do_flip_channel_order", False)
    np.testing.assert_allclose(seen[:, ::-1] if bgr else seen, shown, atol=0.01)
    state, stored = model.state_dict(), load_file(base / "model.safetensors")
    found = {
        name: state[prefix + name]
        for name in stored
        for prefix in ("", "vision_model.", "timm_model.")
        if prefix + name in state and not is_head(name)
    }
    assert found
    turned = [name for name, weight in found.items() if not torch.equal(weight, stored[name])]
    assert len(turned) == int(bgr)
    assert all(torch.equal(found[name].flip(1), stored[name]) for name in turned)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "bert"}, "cannot be trained to tell faces apart: "),
        ({"model_type": "no_such_network"}, "cannot be opened"),
        ({"model_type": "siglip2", "vision_config": {}}, "reads more than a picture's pixels"),
    ],
)
def test_what_cannot_be_a_base_is_told_in_a_sentence(config, said, tmp_path):
    processor = {"image_processor_type": "ViTImageProcessor", "size": SQUARE}
    if config["model_type"] == "siglip2":
        parts = {"vision_config": SMALL | {"num_patches": 16}}
        parts |= {"text_config": TEXT}
        write_base((Siglip2Config(**parts), processor), tmp_path)
    else:
        (tmp_path / "config.json").write_text(json.dumps(config))
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor))
    with pytest.raises(StageError, match=said) as error:
        open_base(ArchitectureSettings(base_model=str(tmp_path)), CROP, list(CLASSES))
    assert "\n" not in str(error.value)
