"""Columns learnt beside the classes: their numbers, their loss, and that none of them is kept."""

import pytest
import torch
from datasets import ClassLabel, Dataset
from torch.nn.functional import cross_entropy

from train.common.errors import StageError
from train.fit.aux_heads import UNKNOWN, AuxiliaryHeads, aux_labels
from train.models.vit import new_vit
from train.settings import ArchitectureSettings, CropSettings

CROP = CropSettings(crop_size=48)
TINY = ArchitectureSettings(patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)


@pytest.fixture
def faces() -> Dataset:
    ages = ClassLabel(names=["0-2", "3-9", "10-19"])
    columns = {
        "age": [2, None, 1, 2],
        "place": ["b", "a", "", "b"],
        "size": [4, 4, 4, 4],
        "file": list("abcd"),
    }
    return Dataset.from_dict(columns).cast_column("age", ages)


def test_a_column_s_values_are_numbered(faces):
    assert aux_labels(faces, ["age", "place"]).tolist() == [[0, 2], [UNKNOWN, 1], [1, 0], [0, 2]]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("hair", "no column of the faces; these are: age"),
        ("size", "has 1 values for 4 faces"),
        ("file", "has 4 values for 4 faces"),
        ("Race", "no race model is trained here"),
    ],
)
def test_what_cannot_be_learnt_is_told(faces, column, said):
    with pytest.raises(StageError, match=said):
        aux_labels(faces, ["age", column])


def test_faces_that_say_nothing_do_not_count():
    torch.manual_seed(0)
    network = new_vit(TINY, CROP, ["Male", "Female"])
    heads = AuxiliaryHeads(network, torch.tensor([[0, 2], [UNKNOWN, 1]]))
    assert [head.out_features for head in heads.heads] == [1, 3]
    read = {}
    network.classifier.register_forward_pre_hook(lambda _, inputs: read.update(features=inputs[0]))
    network(torch.rand(3, 3, 48, 48))
    wanted = cross_entropy(heads.heads[1](read["features"])[[0, 2]], torch.tensor([2, 1]))
    torch.testing.assert_close(
        heads(torch.tensor([[UNKNOWN, 2], [UNKNOWN, UNKNOWN], [UNKNOWN, 1]])), wanted
    )


def test_the_network_learns_by_it():
    torch.manual_seed(0)
    network = new_vit(TINY, CROP, ["Male", "Female"])
    numbers = torch.tensor([[0, 1], [1, 0], [2, 1], [0, 0]])
    heads, pixels = AuxiliaryHeads(network, numbers), torch.rand(4, 3, 48, 48) * 2 - 1
    before = network.vit.layers[0].mlp.fc1.weight.detach().clone()
    optimizer = torch.optim.Adam([*network.parameters(), *heads.parameters()], lr=3e-3)
    losses = []
    for _ in range(30):
        network(pixels)
        loss = heads(numbers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert not torch.equal(before, network.vit.layers[0].mlp.fc1.weight)


def test_nothing_of_it_stays():
    network = new_vit(TINY, CROP, ["Male", "Female"])
    heads = AuxiliaryHeads(network, torch.tensor([[1]]))
    heads.leave()
    assert not network.classifier._forward_pre_hooks
