"""MTCNN's networks in blocks of channels: the same numbers as facenet-pytorch's."""

import pytest
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

from train.export.mtcnn_blocks import BendFlat, BlockedPNet, to_blocks


@pytest.mark.parametrize(
    ("network", "change", "shape"),
    [
        (PNet, BlockedPNet, (1, 3, 12, 12)),
        (PNet, BlockedPNet, (1, 3, 51, 76)),
        (RNet, to_blocks, (5, 3, 24, 24)),
        (ONet, to_blocks, (3, 3, 48, 48)),
    ],
)
def test_the_same_to_rounding(network, change, shape):
    pixels = torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        before, after = network().eval()(pixels), change(network()).eval()(pixels)
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, atol=2e-6, rtol=0)


def test_steep_slopes_after_a_dense_layer_are_refused():
    with pytest.raises(ValueError, match="at most 1"):
        BendFlat(torch.tensor([0.5, 1.5]))
