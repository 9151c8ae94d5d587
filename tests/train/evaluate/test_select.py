"""select: models and averages of their weights, side by side on held-out training faces."""

import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image

from tests.support import pictures
from tests.support.pictures import CLASSES, noise
from train.common.errors import StageError
from train.data import CALIBRATION, LABEL, PHOTO, SELECTION, TRAIN
from train.data.split_files import write_splits
from train.evaluate.cuts import cut_faces
from train.evaluate.select import figures_of, main, open_candidate, predict
from train.models.save import write_model
from train.models.vit import new_processor, new_vit
from train.settings import ArchitectureSettings, CropSettings

CROP = CropSettings(crop_size=48)
TINY = ArchitectureSettings(patch_size=12, hidden_size=32, layers=1, heads=2, mlp_size=64)


def photos(count: int, faceless: int = 0) -> Dataset:
    rng = np.random.default_rng(2)
    looks = [noise(number, 200) for number in range(faceless)] + [
        pictures.look(rng) for _ in range(count)
    ]
    rows = [{PHOTO: photo, LABEL: number % 2} for number, photo in enumerate(looks)]
    return Dataset.from_list(
        rows, features=Features({PHOTO: Image(), LABEL: ClassLabel(names=list(CLASSES))})
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("select")
    write_splits(
        DatasetDict({TRAIN: photos(2), SELECTION: photos(3, 1), CALIBRATION: photos(4)}),
        folder / "data",
    )
    for seed, name in enumerate(("one", "other")):
        torch.manual_seed(seed)
        ours = {"margin": 0.0, "temperature": 1.0, "threshold": 0.5}
        write_model(
            new_vit(TINY, CROP, list(CLASSES[::-1])), new_processor(CROP), ours, folder / name
        )
    return folder


def test_faces_are_cut_as_for_serving_and_scored_in_the_order_of_the_data(run):
    rows = photos(3, 1).cast_column(PHOTO, Image(decode=False))
    crops, found = cut_faces(rows, 48, 0.1)
    assert (crops.shape, found.column_names, found[LABEL]) == (
        (3, 6, 48, 48, 3),
        [LABEL],
        [1, 0, 1],
    )
    np.testing.assert_array_equal(crops[:, 1], crops[:, 0, :, ::-1])
    assert all((crops[:, 0] != crops[:, moved]).any() for moved in range(2, 6))
    model, folder = open_candidate(str(run / "one"))
    with torch.no_grad():
        plain = model(torch.from_numpy(crops[:, 0]).permute(0, 3, 1, 2) / 127.5 - 1).logits
    logits = predict(model, folder, crops, CLASSES)
    assert logits.shape == (6, 3, 2)
    np.testing.assert_allclose(
        logits[0], plain[:, [1, 0]], atol=0.02
    )  # the model names them the other way round
    with pytest.raises(StageError, match="The data's classes are"):
        predict(model, folder, crops, ["cat", "dog"])
    with pytest.raises(StageError, match="No face"):
        cut_faces(photos(0, 2).cast_column(PHOTO, Image(decode=False)), 48, 0.1)


def test_a_table_of_what_is_asked():
    rows = photos(8).remove_columns(PHOTO)
    labels = np.array(rows[LABEL])
    sure = np.eye(2)[labels] * 8.0
    logits = np.stack(
        [sure, sure, sure[:, ::-1], sure, sure, np.concatenate([sure[:6], sure[6:, ::-1]])]
    )
    figures = figures_of(logits, rows, [LABEL])
    assert [
        figures[name]
        for name in (
            "accuracy",
            "flipped, label stability",
            "box moved left, label stability",
            "box moved down, label stability",
            *CLASSES,
        )
    ] == [
        100,
        100,
        0,
        75,
        100,
        100,
    ]
    assert figures["nll"] < 0.01
    sure[[0, 1]] = -0.1 * np.eye(2)[labels[:2]]  # both wrong, the first the least sure
    sure[1] *= 2
    figures = figures_of(np.stack([sure] * 6), rows, [LABEL])
    assert (figures["accuracy"], figures["accuracy at 90 % coverage"]) == (
        75,
        pytest.approx(100 * 6 / 7),
    )


def table_of(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("|")]


def test_candidates_are_shown_side_by_side(run, capsys):
    one, other = str(run / "one"), str(run / "other")
    flags = ["--out", str(run), "--crop_size", "48"]
    main([*flags, "--candidates", one, f"{one}+{other}:0.5", f"{one}+{other}:0.001", "--by", LABEL])
    lines = table_of(capsys.readouterr().out)
    assert len(lines) == 5
    assert lines[0].startswith(
        "| weights | accuracy | accuracy at 90 % coverage | nll | flipped, label stability"
    )
    cells = [line.split(" | ")[1:] for line in lines[2:]]
    assert cells[0][0] == cells[2][0]
    main([*flags, "--margin", "0.3", "--candidates", one, "--by", LABEL])
    assert table_of(capsys.readouterr().out)[2] == lines[2]  # a model's own margin counts
    mean = open_candidate(f"{one}+{other}:0.5")[0].vit.layers[0].mlp.fc1.weight
    both = [open_candidate(name)[0].vit.layers[0].mlp.fc1.weight for name in (one, other)]
    torch.testing.assert_close(mean, (both[0] + both[1]) / 2)
    for wrong, said in {
        (): "Name models to select",
        ("--by", "size", "--candidates", one): "no column of groups",
    }.items():
        with pytest.raises(SystemExit, match=said):
            main([*flags, *wrong])
