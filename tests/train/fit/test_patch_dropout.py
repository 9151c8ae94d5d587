"""A ViT sees some patches of each face in training, all of them afterwards."""

import pytest
import torch
from transformers import AutoModelForImageClassification, Dinov2Config, ResNetConfig, ViTConfig

from train.common.errors import StageError
from train.fit.patch_dropout import drop_patches

SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
PICTURES = {"image_size": 48, "patch_size": 12}  # 16 patches
RESNET = ResNetConfig(embedding_size=8, hidden_sizes=[8, 8], depths=[1, 1])


@pytest.mark.parametrize("share", [0.0, 0.25, 0.99])
@pytest.mark.parametrize("kind", [ViTConfig, Dinov2Config])
def test_patches_of_each_face_are_left_out_in_training_alone(kind, share):
    model = AutoModelForImageClassification.from_config(kind(**SIZES, **PICTURES))
    embeddings, faces = model.base_model.embeddings, torch.randn(3, 3, 48, 48)
    whole = embeddings.eval()(faces)
    drop_patches(model, share)
    assert torch.equal(embeddings.eval()(faces), whole)
    some = embeddings.train()(faces)
    assert some.shape[1] == 1 + max(1, 16 - round(16 * share))
    assert torch.equal(some[:, 0], whole[:, 0])
    places = [
        [same_as(token, face) for token in kept] for kept, face in zip(some, whole, strict=True)
    ]
    assert all(len(set(each)) == some.shape[1] for each in places)
    assert share != 0.25 or len({frozenset(each) for each in places}) > 1  # drawn for each face


def same_as(token: torch.Tensor, tokens: torch.Tensor) -> int:
    """Which of the tokens it is. Raises ValueError if none."""
    return [torch.equal(token, each) for each in tokens].index(True)


def test_other_networks_refuse_it():
    network = AutoModelForImageClassification.from_config(RESNET)
    drop_patches(network, 0.0)
    with pytest.raises(StageError, match="leave it out for this network"):
        drop_patches(network, 0.5)
