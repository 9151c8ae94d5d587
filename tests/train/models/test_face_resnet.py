"""face_resnet: dlib's network as transformers opens, trains and saves it."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForImageClassification

from train.fit.optimizer import new_optimizer
from train.models.face_resnet import (
    FaceResNetConfig,
    FaceResNetForImageClassification,
    block_shapes,
)
from train.models.param_groups import depths, head_of
from train.settings import OptimizerSettings

SMALL = {"widths": (4, 6, 6), "blocks": (1, 2, 1)}


@pytest.mark.parametrize(
    ("widths", "blocks", "shapes"),
    [
        ((), (), []),
        ((4,), (2,), [(4, 4, False), (4, 4, False)]),
        ((4, 6, 6), (1, 2, 1), [(4, 4, False), (4, 6, True), (6, 6, False), (6, 6, True)]),
    ],
)
def test_only_the_first_stage_does_not_halve(widths, blocks, shapes):
    assert block_shapes(FaceResNetConfig(widths=widths or (4,), blocks=blocks or (0,))) == shapes


def test_dlibs_own_sizes():
    network = FaceResNetForImageClassification(FaceResNetConfig())
    assert (len(network.layers), network.num_parameters()) == (14, 5_581_824 + 2 * 257)


@pytest.mark.parametrize("side", [40, 41, 47, 64])
def test_any_size_of_pictures_goes_through(side):
    network = FaceResNetForImageClassification(FaceResNetConfig(**SMALL)).eval()
    outputs = network(
        torch.rand(2, 3, side, side), labels=torch.tensor([0, 1]), output_hidden_states=True
    )
    assert outputs.logits.shape == (2, 2)
    assert len(outputs.hidden_states) == 5
    assert outputs.loss.item() > 0


def test_it_is_opened_by_its_folder_alone(tmp_path):
    network = FaceResNetForImageClassification(
        FaceResNetConfig(**SMALL, origin={"licence": "x"})
    ).eval()
    network.save_pretrained(tmp_path)
    again = AutoModelForImageClassification.from_pretrained(tmp_path).eval()
    pixels = torch.rand(1, 3, 48, 48)
    torch.testing.assert_close(again(pixels).logits, network(pixels).logits)
    assert AutoConfig.from_pretrained(tmp_path).origin == {"licence": "x"}


def test_the_classifier_can_learn_faster_than_the_rest():
    network = FaceResNetForImageClassification(FaceResNetConfig(**SMALL))
    settings = OptimizerSettings(learning_rate=0.1, muon=False, head_factor=10.0)
    rates = {
        id(weight): group["lr"]
        for group in new_optimizer(network, settings).param_groups
        for weight in group["params"]
    }
    assert {name: rates[id(weight)] for name, weight in network.named_parameters()} == {
        name: pytest.approx(1.0 if name.startswith("classifier") else 0.1)
        for name in depths(network)
    }
    assert head_of(network, 2) is network.classifier
