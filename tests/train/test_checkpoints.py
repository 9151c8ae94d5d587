"""Checkpoints of every kind: each is read as its own image processor reads, trained and served."""

import csv
import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import DatasetDict
from PIL import Image
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageClassification,
    ConvNextConfig,
    Dinov2Config,
    MobileViTConfig,
    PreTrainedConfig,
    ResNetConfig,
    Siglip2Config,
    SiglipVisionConfig,
    SiglipVisionModel,
    SwinConfig,
    ViTConfig,
)

from face_gender.__main__ import main as command
from face_gender.model_folder import open_model
from face_gender.scores import OnnxScorer, TorchScorer, to_tensor
from face_gender.settings import ModelSettings
from tests.support.pictures import CLASSES, write_crops
from train.common.errors import StageError
from train.data import CALIBRATION, SELECTION, TEST, TRAIN, load_splits, write_splits
from train.evaluate.stage import write_metrics
from train.export.stage import export_model
from train.fit.stage import fit_crops
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

SIDE = 56
SQUARE = {"height": SIDE, "width": SIDE}
CROP = CropSettings(crop_size=SIDE, margin=0.1)
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": SIDE,
    "patch_size": 14,
}
MEANS = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
IMAGENET = {"do_normalize": True, **MEANS}
TIMM = {
    "architecture": "test_vit",
    "num_classes": 5,
    "model_args": {"img_size": SIDE, "patch_size": 14},
    "pretrained_cfg": {
        "input_size": [3, SIDE, SIDE],
        "mean": [0.4, 0.5, 0.6],
        "std": [0.3, 0.2, 0.1],
        "crop_pct": 1.0,
        "interpolation": "bicubic",
    },
}
CHECKPOINTS: dict[str, tuple[PreTrainedConfig, dict]] = {
    "without normalisation": (
        ViTConfig(**TINY),
        {"image_processor_type": "ViTImageProcessor", "do_normalize": False, "size": SQUARE},
    ),
    "DINOv2": (
        Dinov2Config(**TINY),
        {
            "image_processor_type": "BitImageProcessor",
            "do_center_crop": True,
            "crop_size": SQUARE,
            "size": {"shortest_edge": SIDE},
            **IMAGENET,
        },
    ),
    "Swin": (
        SwinConfig(
            image_size=SIDE, patch_size=4, embed_dim=8, depths=[1], num_heads=[1], window_size=7
        ),
        {"image_processor_type": "ViTImageProcessor", "size": SQUARE, **IMAGENET},
    ),
    "ConvNeXT": (
        ConvNextConfig(hidden_sizes=[8, 8], depths=[1, 1], num_stages=2, num_labels=5),
        {
            "image_processor_type": "ConvNextImageProcessor",
            "size": {"shortest_edge": SIDE},
            "crop_pct": 1.0,
            "do_normalize": True,
            "image_mean": [0.1, 0.2, 0.3],
            "image_std": [0.9, 0.8, 0.7],
        },
    ),
    "channels last": (
        ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic"),
        {"image_processor_type": "ViTImageProcessor", "size": SQUARE, **IMAGENET},
    ),
    "SigLIP's image tower": (
        SiglipVisionConfig(**TINY),
        {
            "image_processor_type": "SiglipImageProcessor",
            "size": SQUARE,
            "do_normalize": True,
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
        },
    ),
    "MobileViT": (
        MobileViTConfig(
            image_size=SIDE,
            hidden_sizes=[8, 8, 8],
            neck_hidden_sizes=[8] * 7,
            num_attention_heads=2,
        ),
        {
            "image_processor_type": "MobileViTImageProcessor",
            "do_center_crop": True,
            "crop_size": SQUARE,
            "size": {"shortest_edge": SIDE},
            "do_flip_channel_order": True,
        },
    ),
    **({"timm": (AutoConfig.for_model("timm_wrapper", **TIMM), {})} if find_spec("timm") else {}),
}


MEASURED = ("without normalisation", "timm")  # what comes after ONNX is the same for every kind


def write_base(config: PreTrainedConfig, processor: dict, folder: Path) -> Path:
    """A configuration and an image processor -> a checkpoint with random weights."""
    torch.manual_seed(0)
    tower = isinstance(config, SiglipVisionConfig)
    network = (
        SiglipVisionModel(config) if tower else AutoModelForImageClassification.from_config(config)
    )
    if config.model_type == "resnet":
        network.to(memory_format=torch.channels_last)
    network.save_pretrained(folder)
    if processor:
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run with crops and two test photos, but no model."""
    folder = tmp_path_factory.mktemp("run")
    counts = {TRAIN: 8, SELECTION: 4, CALIBRATION: 4}
    parts = load_splits(write_crops(folder / "crops", counts, CROP.stored_size))
    (folder / "crops" / "faces.json").write_text('{"median_share": 0.5, "dropped": {}}')
    write_splits(DatasetDict({TEST: parts[SELECTION].select([0, 1])}), folder / "data")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHECKPOINTS)
def test_a_checkpoint_is_trained_exported_measured_and_served(
    kind, run, tmp_path, astronaut, astronaut_file, capsys
):
    if kind == "timm":
        pytest.importorskip("timm")
    out = Path(shutil.copytree(run, tmp_path / "run"))
    base, settings = write_base(*CHECKPOINTS[kind], tmp_path / "base"), RunSettings(str(out))
    check_reading(base, astronaut[66:196, 156:286])
    assert "start at random" not in capsys.readouterr().out
    fit = with_values(
        FitSettings(), base_model=str(base), epochs=1.0, batch_size=8, muon=False, bf16=False
    )
    fit_crops(load_splits(out / "crops"), out, settings, CROP, AugmentSettings(), fit)
    lax = {"same_label": 0.0, "median_difference": 1.0, "accuracy_points": 100.0}
    export_model(settings, ExportSettings(export_faces=4, **lax))
    model = open_model(ModelSettings(str(out / "model")))
    assert (set(model.labels), model.margin) == (set(CLASSES), 0.1)
    crops = [np.asarray(Image.fromarray(astronaut).resize((SIDE, SIDE)))]
    served, trained = OnnxScorer(model).score_crops(crops), TorchScorer(model).score_crops(crops)
    np.testing.assert_allclose(served, trained, atol=0.03)
    if kind not in MEASURED:
        return
    write_metrics(settings, EvaluateSettings(robustness=False))
    write_card(settings, DataSettings(), fit)
    assert "Fine-tuned from an unnamed checkpoint" in (out / "model" / "README.md").read_text()
    table = tmp_path / "faces.csv"
    command([str(astronaut_file), "--model", str(out / "model"), "--csv", str(table)])
    (row,) = csv.DictReader(table.read_text().splitlines())
    assert sum(float(row[name]) for name in CLASSES) == pytest.approx(1, abs=1e-3)


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
    if config["model_type"] == "siglip2":
        small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        config = config | {"vision_config": small | {"intermediate_size": 32, "num_patches": 16}}
        config |= {"text_config": small | {"intermediate_size": 32, "vocab_size": 8}}
        write_base(Siglip2Config(**config), {}, tmp_path)
    else:
        (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps({"image_processor_type": "ViTImageProcessor", "size": SQUARE})
    )
    with pytest.raises(StageError, match=said) as error:
        open_base(ArchitectureSettings(base_model=str(tmp_path)), CROP, list(CLASSES))
    assert "\n" not in str(error.value)
