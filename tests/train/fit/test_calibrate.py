"""calibrate: scores that mean what they say, and classes as frequent as they are."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from transformers import AutoModelForImageClassification

from tests.support.pictures import CLASSES
from train.fit.calibrate import SANE, calibrate, fit_scale
from train.models.save import write_model
from train.models.vit import new_processor, new_vit
from train.settings import ArchitectureSettings, CropSettings


def test_a_tilted_and_overconfident_network_is_set_upright():
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (20_000, 3))
    labels = np.array([rng.choice(3, p=shares) for shares in softmax(honest, 1)])
    temperature, bias = fit_scale(honest * 1.7 - [0.8, 0, -0.3], labels)
    assert temperature == pytest.approx(1.7, rel=0.03)
    assert bias - bias.mean() == pytest.approx(np.array([0.8, 0, -0.3]) - 1 / 6, abs=0.08)


def test_few_faces_or_one_class_leave_the_scores_finite():
    logits = np.array([[3.0, -3.0], [2.0, -1.0], [-2.0, 1.0]])
    for labels, scores in {
        (0, 0, 0): logits,
        (0, 0, 1): logits,
        (0, 1, 0): np.zeros((3, 2)),
    }.items():
        temperature, bias = fit_scale(scores, np.array(labels))
        assert SANE[0] <= temperature <= SANE[1]
        assert np.abs(bias).max() < 6
    assert fit_scale(logits, np.array([0, 0, 1]))[1] == pytest.approx([0, 0], abs=0.5)


def test_the_threshold_leaves_the_share_that_is_asked():
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 2, (1000, 2)), rng.integers(0, 2, 1000)
    ours, bias = calibrate(logits, labels, 0.9)
    confidence = softmax((logits + bias) / ours["temperature"], 1).max(1)
    assert (confidence >= ours["threshold"]).mean() == pytest.approx(0.9, abs=0.005)


def test_temperature_and_bias_are_in_the_weights_that_are_written(tmp_path):
    torch.manual_seed(0)
    crop = CropSettings(crop_size=48)
    network = new_vit(
        ArchitectureSettings(patch_size=12, hidden_size=32, layers=1, heads=2, mlp_size=64),
        crop,
        list(CLASSES),
    ).eval()
    pixels = torch.rand(2, 3, 48, 48)
    logits = network(pixels).logits.detach()
    write_model(
        network,
        new_processor(crop),
        {"temperature": 2.0},
        tmp_path / "model",
        np.array([1.0, -0.5]),
    )
    written = AutoModelForImageClassification.from_pretrained(
        tmp_path / "model", dtype=torch.float32
    )
    torch.testing.assert_close(
        written(pixels).logits, (logits + torch.tensor([1.0, -0.5])) / 2, atol=2e-3, rtol=0
    )
