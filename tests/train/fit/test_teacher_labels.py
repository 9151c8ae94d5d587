"""teacher_labels: one soft label a face, of five boxes and their mirror images, made once."""

import numpy as np
import pytest
import torch

from tests.support.pictures import CLASSES, write_crops
from train.common.errors import StageError
from train.data import PHOTO, TRAIN, load_splits
from train.fit import teacher_labels as soft
from train.fit.augment import middle
from train.fit.dataset import CropDataset
from train.fit.teacher import Teacher
from train.fit.teacher_labels import label_faces, mean_labels, soft_labels
from train.models.build import new_resnet
from train.models.save import write_model
from train.models.vit import new_processor
from train.settings import ArchitectureSettings, AugmentSettings, CropSettings

CROP = CropSettings(crop_size=48)
PROCESSOR = new_processor(CROP).to_dict()
HALF = {"margin": 0.05, "temperature": 1.0, "threshold": 0.5}


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    return write_crops(
        tmp_path_factory.mktemp("soft") / "crops", {"train": 12, "selection": 2, "calibration": 2}
    )


@pytest.fixture
def faces(crops):
    return CropDataset(
        load_splits(crops)[TRAIN], PROCESSOR, 48, [0, 1], augmentation=AugmentSettings()
    )


@pytest.fixture
def teacher(tmp_path):
    torch.manual_seed(0)
    new_resnet(ArchitectureSettings(width=8), CROP, list(CLASSES)).save_pretrained(
        tmp_path / "teacher"
    )
    new_processor(CROP).save_pretrained(tmp_path / "teacher")
    return Teacher(str(tmp_path / "teacher"), list(CLASSES), PROCESSOR, torch.device("cpu"))


def test_views_are_boxes_moved_by_a_tenth(crops, faces):
    stored = load_splits(crops)[TRAIN][3][PHOTO]
    edge = (stored.width - 48) // 2
    boxes = [(edge, edge), (edge - 5, edge), (edge + 5, edge), (edge, edge - 5), (edge, edge + 5)]
    wanted = [np.asarray(stored)[top : top + 48, left : left + 48] for left, top in boxes]
    views = faces.moved(3).transpose(0, 2, 3, 1) * np.float32(PROCESSOR["image_std"]) + np.float32(
        PROCESSOR["image_mean"]
    )
    np.testing.assert_allclose(views * 255, np.stack(wanted), atol=0.01)
    np.testing.assert_array_equal(np.asarray(middle(stored, 48)), wanted[0])


def test_a_teacher_sees_faces_with_its_own_margin(crops, teacher, tmp_path):
    stored = load_splits(crops)[TRAIN][3][PHOTO]
    assert (stored.width, teacher.margin) == (60, None)
    # of 48 px: the face's box is 40 px wide, ten from the edge, and moves by four
    faces = CropDataset(load_splits(crops)[TRAIN], PROCESSOR, 48, [0, 1], margin=0.1)
    boxes = [(10, 10), (6, 10), (14, 10), (10, 6), (10, 14)]
    wanted = [
        np.asarray(stored.crop((x, y, x + 40, y + 40)).resize((48, 48)), float) for x, y in boxes
    ]
    views = faces.moved(3, 0.0).transpose(0, 2, 3, 1) * np.float32(
        PROCESSOR["image_std"]
    ) + np.float32(PROCESSOR["image_mean"])
    assert np.abs(views * 255 - np.stack(wanted)).mean() < 3
    np.testing.assert_array_equal(faces.moved(3, 0.1), faces.moved(3))
    with pytest.raises(StageError, match=r"make them with --margin 0\.3"):
        faces.moved(3, 0.3)
    write_model(
        new_resnet(ArchitectureSettings(width=8), CROP, list(CLASSES)),
        new_processor(CROP),
        HALF,
        tmp_path / "wide",
    )
    wide = Teacher(str(tmp_path / "wide"), list(CLASSES), PROCESSOR, torch.device("cpu"))
    assert wide.margin == 0.05
    seen = torch.from_numpy(faces.moved(0, 0.05))
    torch.testing.assert_close(label_faces(wide, faces, [0])[0], wide(seen).mean(0))
    assert not torch.equal(seen, torch.from_numpy(faces.moved(0)))


def no_teacher():
    pytest.fail("a teacher is opened whose labels are kept")


def test_a_label_is_the_mean_of_what_is_seen_and_is_kept(faces, teacher, tmp_path):
    path = tmp_path / "new" / "soft.npy"
    labels = soft_labels(lambda: teacher, faces, path)
    by_hand = torch.stack(
        [teacher(torch.from_numpy(faces.moved(face))).mean(0) for face in range(len(faces))]
    )
    torch.testing.assert_close(labels, by_hand, atol=1e-4, rtol=1e-4)
    np.save(path, labels.numpy() + 1)
    torch.testing.assert_close(soft_labels(no_teacher, faces, path), labels + 1)
    assert [file.name for file in path.parent.iterdir()] == ["soft.npy"]


def test_several_teachers_agree_on_the_mean_of_what_each_holds_likely(faces, teacher, tmp_path):
    torch.manual_seed(1)
    wide = CropSettings(crop_size=64)
    write_model(
        new_resnet(ArchitectureSettings(width=8), wide, list(CLASSES)),
        new_processor(wide),
        HALF,
        tmp_path / "other",
    )
    other = Teacher(str(tmp_path / "other"), list(CLASSES), PROCESSOR, torch.device("cpu"))
    assert other.side == 64
    labels = mean_labels([lambda: teacher, lambda: other], faces, tmp_path)
    each = [label_faces(one, faces, [0])[0].log_softmax(0) for one in (teacher, other)]
    torch.testing.assert_close(
        labels[0].softmax(0), torch.stack(each).mean(0).softmax(0), atol=1e-4, rtol=1e-4
    )
    torch.testing.assert_close(mean_labels([no_teacher, no_teacher], faces, tmp_path), labels)
    assert faces.moved(0, 0.05, 64).shape == (5, 3, 64, 64)
    np.testing.assert_array_equal(faces.moved(0, boxes=2), faces.moved(0)[:2])
    first = mean_labels([lambda: teacher], faces, tmp_path / "first", boxes=1)
    torch.testing.assert_close(first[0], teacher(torch.from_numpy(faces.moved(0)[:1]))[0])


def test_a_labelling_that_was_killed_keeps_its_pieces(faces, teacher, tmp_path, monkeypatch):
    monkeypatch.setattr(soft, "PIECE", 5)
    path = tmp_path / "soft.npy"
    labels = soft_labels(lambda: teacher, faces, tmp_path / "whole.npy")
    asked = []

    def dying(pixels):
        asked.append(len(pixels))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return teacher(pixels)

    dying.device, dying.margin, dying.side = teacher.device, teacher.margin, teacher.side
    with pytest.raises(KeyboardInterrupt):
        soft_labels(lambda: dying, faces, path)
    torch.testing.assert_close(soft_labels(lambda: dying, faces, path), labels)
    assert asked == [25, 25, 25, 10]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["soft.npy", "teacher", "whole.npy"]


def test_every_view_of_a_face_comes_with_its_label(faces):
    told = faces.with_targets(soft=torch.arange(24.0).reshape(12, 2))
    assert [told[5 + epoch * 12]["soft"].tolist() for epoch in range(3)] == [[10, 11]] * 3
    assert "soft" not in faces[5]
