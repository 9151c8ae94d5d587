"""calibrate: scores that mean what they say, and classes as frequent as they are."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import softmax
from transformers import AutoModelForImageClassification

from tests.support.pictures import CLASSES
from train.fit.calibrate import SANE, calibrate, fit_scale, log_loss, scaled
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


def drawn(faces: int, temperature: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too large by the temperature, and labels that follow the honest ones."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2, (faces, 2))
    labels = (rng.random(faces) < softmax(honest, 1)[:, 1]).astype(int)
    return honest * temperature, labels


def test_the_threshold_leaves_the_share_that_is_asked():
    logits, labels = drawn(1000, 1.0, 1)
    ours, bias = calibrate(logits, labels, 0.9)
    confidence = softmax((logits + bias) / ours["temperature"], 1).max(1)
    assert (confidence >= ours["threshold"]).mean() == pytest.approx(0.9, abs=0.005)


@pytest.mark.parametrize("margin", [2.0, 4.0, 40.0])
@pytest.mark.parametrize("faces", [1, 7, 49])
def test_few_faces_that_are_all_right_prove_little(faces, margin):
    rng = np.random.default_rng(faces)
    labels = np.arange(faces) % 2
    logits = (margin + np.abs(rng.normal(0, margin, (faces, 1)))) * np.eye(2)[labels]
    ours, bias = calibrate(logits, labels, 0.9)
    assert 0.65 < ours["temperature"] <= 1.01
    assert 0.5 <= ours["threshold"] < 0.95
    assert np.abs(bias).max() < 0.5


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.5])
def test_the_prior_moves_the_temperature_of_many_faces_by_less_than_2_percent(temperature):
    logits, labels = drawn(2000, temperature, 2)

    def loss(values: np.ndarray) -> float:
        return log_loss(scaled(logits, (np.exp(values[0]), np.array([values[1], 0]))), labels)

    best = np.exp(minimize(loss, np.zeros(2)).x[0])
    assert fit_scale(logits, labels)[0] == pytest.approx(best, rel=0.02)


def test_a_fit_to_few_faces_is_kept_only_where_it_helps_on_others():
    many = drawn(20_000, 2.5, 3)
    for faces, temperature in ((60, 1.0), (60, 2.5), (400, 2.5)):
        losses = []
        for seed in range(5):
            ours, bias = calibrate(*drawn(faces, temperature, seed), 0.9)
            logits = many[0] / 2.5 * temperature
            fitted, plain = (
                log_loss(scaled(logits, scale), many[1])
                for scale in ((ours["temperature"], bias), (1.0, np.zeros(2)))
            )
            losses.append(fitted - plain)
        assert np.mean(losses) < 0.01
    assert max(losses) < 0


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
