"""teacher: what a network is told of faces by another, and how far its own looks disagree."""

import pytest
import torch
from scipy.spatial.distance import jensenshannon

from tests.support.pictures import CLASSES
from train.common.errors import StageError
from train.fit.teacher import (
    Hints,
    Teacher,
    as_map,
    disagreement,
    distillation,
    standardised,
    tilted,
)
from train.models.build import new_resnet, open_base
from train.models.vit import new_processor
from train.settings import ArchitectureSettings, CropSettings

CROP = CropSettings(crop_size=48)
TINY = ArchitectureSettings(patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)


def test_soft_labels():
    same = torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    assert distillation(same, same, 2.0).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert distillation(same, same.flip(1), 2.0).min() > 0.5


def test_a_teacher_is_tilted_as_labels_are_weighed():
    shares = torch.tensor([[0.2, 0.8], [0.7, 0.3]])
    logits, weights = tilted(shares.log(), torch.tensor([[3.0, 1.0], [2.0, 2.0]]))
    by_hand = [
        [0.6 / 1.4, 0.8 / 1.4],
        [0.7, 0.3],
    ]  # what labels drawn by these shares, and so weighed, teach
    torch.testing.assert_close(logits.softmax(1), torch.tensor(by_hand))
    torch.testing.assert_close(weights, torch.tensor([1.4, 2.0]))


def test_looks_disagree_by_their_jensen_shannon_divergence():
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.0], [1.0, 1.0], [1.0, 1.0]])
    shares = logits[:2].softmax(1).numpy()
    by_hand = jensenshannon(*shares) ** 2  # of the first face; the second's looks agree
    assert float(disagreement(logits, 2)) == pytest.approx(by_hand / 2, rel=1e-5)


def test_a_teacher_is_read_by_its_class_names(tmp_path):
    torch.manual_seed(0)
    crop = CropSettings(crop_size=32)
    teacher = new_resnet(ArchitectureSettings(width=8), crop, ["Female", "Male"]).eval()
    teacher.save_pretrained(tmp_path)
    new_processor(crop).save_pretrained(tmp_path)
    pixels = torch.rand(2, 3, 32, 32) * 2 - 1
    found = Teacher(
        str(tmp_path), ["Male", "Female"], new_processor(CROP).to_dict(), torch.device("cpu")
    )(pixels)[0]
    both = (teacher(pixels).logits + teacher(pixels.flip(-1)).logits).detach() / 2
    torch.testing.assert_close(found, both.flip(1), atol=1e-5, rtol=1e-4)
    with pytest.raises(StageError, match="teacher"):
        Teacher(str(tmp_path), ["cat", "dog"], new_processor(CROP).to_dict(), torch.device("cpu"))


def test_maps_of_tokens_and_of_convolutions():
    tokens = torch.arange(5.0).reshape(1, 5, 1)
    assert as_map(tokens).tolist() == [[[[1, 2], [3, 4]]]]
    grid = torch.rand(4, 2, 3, 3)
    assert as_map(grid) is grid
    torch.testing.assert_close(
        standardised(grid).mean((0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("pupil", ["vit", "resnet"])
def test_hints_are_learnt(tmp_path, pupil):
    torch.manual_seed(0)
    crop = CropSettings(crop_size=32)
    new_resnet(ArchitectureSettings(width=8), crop, list(CLASSES)).save_pretrained(tmp_path)
    new_processor(crop).save_pretrained(tmp_path)
    teacher = Teacher(
        str(tmp_path), list(CLASSES), new_processor(CROP).to_dict(), torch.device("cpu")
    )
    network = open_base(
        ArchitectureSettings(**{**vars(TINY), "network": pupil, "width": 8}), CROP, list(CLASSES)
    )[0]
    hints = Hints(network, teacher, CROP.crop_size)
    optimizer = torch.optim.Adam([*network.parameters(), *hints.parameters()], lr=1e-2)
    pixels = torch.rand(8, 3, 48, 48) * 2 - 1
    distances = []
    for _ in range(20):
        distance = hints(
            network(pixels, output_hidden_states=True).hidden_states, teacher(pixels, maps=True)[1]
        )
        optimizer.zero_grad()
        distance.backward()
        optimizer.step()
        distances.append(distance.item())
    assert distances[0] == pytest.approx(1.2, abs=0.4)
    assert distances[-1] < 0.8 * distances[0]
