"""teacher: what a network is told of faces by another, and how far its own looks disagree."""

import pytest
import torch
from scipy.spatial.distance import jensenshannon

from train.common.errors import StageError
from train.fit.losses import disagreement, distillation, tilted
from train.fit.teacher import Teacher
from train.models.build import new_resnet
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


def test_views_disagree_by_their_jensen_shannon_divergence():
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
    )(pixels)
    both = (teacher(pixels).logits + teacher(pixels.flip(-1)).logits).detach() / 2
    torch.testing.assert_close(found, both.flip(1), atol=1e-5, rtol=1e-4)
    with pytest.raises(StageError, match="teacher"):
        Teacher(str(tmp_path), ["cat", "dog"], new_processor(CROP).to_dict(), torch.device("cpu"))
