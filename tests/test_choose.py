"""choose: models and means of their weights, side by side on held-out training faces."""

import numpy as np
import pytest
import torch

from train.choose import figures_of, look, main, open_mean
from train.data import LABEL, SELECTION, load_parts
from train.network import write_model
from train.settings import CropSettings, FitSettings
from train.vit import new_processor, new_vit

from .pictures import CLASSES, write_crops

CROP = CropSettings(crop_size=48)
TINY = FitSettings(patch_size=12, hidden_size=32, layers=1, heads=2, mlp_size=64)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choose")
    write_crops(folder / "crops")
    for seed, name in enumerate(("one", "other")):
        torch.manual_seed(seed)
        ours = {"margin": 0.0, "temperature": 1.0, "threshold": 0.5}
        write_model(new_vit(TINY, CROP, list(CLASSES[::-1])), new_processor(CROP), ours, folder / name)
    return folder


def test_figures_of_faces_in_the_order_of_the_data(run):
    rows = load_parts(run / "crops")[SELECTION]
    model, folder = open_mean(str(run / "one"))
    logits = look(model, folder, rows, CROP)
    assert logits.shape == (6, 8, 2)
    edge = (60 - 48) // 2
    crops = np.stack([np.asarray(photo.crop((edge, edge, edge + 48, edge + 48))) for photo in rows["photo"]])
    pixels = torch.from_numpy(crops).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        plain, mirrored = model(pixels).logits, model(pixels.flip(-1)).logits
    np.testing.assert_allclose(logits[0], plain[:, [1, 0]], atol=0.02)  # the model names them the other way round
    np.testing.assert_allclose(logits[5], mirrored[:, [1, 0]], atol=0.02)


def test_a_table_of_what_is_asked(run):
    rows = load_parts(run / "crops")[SELECTION]
    labels = np.array(rows[LABEL])
    sure = np.eye(2)[labels] * 8.0
    logits = np.stack([sure, sure, sure[:, ::-1], sure, sure, np.concatenate([sure[:6], sure[6:, ::-1]])])
    figures = figures_of(logits, rows, [LABEL])
    assert [figures[name] for name in ("accuracy", "kept left", "kept right", "kept mirrored", *CLASSES)] == [
        100,
        100,
        0,
        75,
        100,
        100,
    ]
    assert figures["nll"] < 0.01


def test_means_are_told_side_by_side(run, capsys):
    one, other = str(run / "one"), str(run / "other")
    flags = ["--out", str(run), "--crop_size", "48"]
    main([*flags, "--means", one, f"{one}+{other}:0.5", f"{one}+{other}:0.001", "--by", LABEL])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("| weights | accuracy | nll | kept left")
    cells = [line.split(" | ")[1:] for line in lines[2:]]
    assert cells[0][0] == cells[2][0]
    mean = open_mean(f"{one}+{other}:0.5")[0].vit.layers[0].mlp.fc1.weight
    both = [open_mean(name)[0].vit.layers[0].mlp.fc1.weight for name in (one, other)]
    torch.testing.assert_close(mean, (both[0] + both[1]) / 2)
    for wrong, said in {(): "Nothing to choose", ("--by", "size", "--means", one): "no column of groups"}.items():
        with pytest.raises(SystemExit, match=said):
            main([*flags, *wrong])
