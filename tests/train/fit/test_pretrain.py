"""pretrain: what is hidden is drawn, the encoder becomes a classifier, a stopped run ends the same."""

import shutil

import pytest
import torch
from transformers import AutoModelForImageClassification

from tests.support.pictures import write_crops
from train.fit.pretrain import draw_reconstructions, encoder_sizes, main, new_autoencoder, to_classifier
from train.fit.resume import last_checkpoint
from train.settings import ArchitectureSettings, CropSettings, PretrainSettings

CROP = CropSettings(crop_size=48)
TINY = ArchitectureSettings(patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)
SMALL = PretrainSettings(decoder_size=32, decoder_layers=1)
WORDS = (
    "--crop_size 48 --patch_size 12 --hidden_size 32 --layers 2 --heads 2 --mlp_size 64 --no_bf16 --save_steps 4 "
    "--pretrain_epochs 2 --pretrain_batch 4 --decoder_size 32 --decoder_layers 1"
)


def test_no_epochs_is_nothing_to_do(tmp_path):
    with pytest.raises(SystemExit, match="nothing to do"):
        main(["--out", str(tmp_path)])


def test_reconstructions_show_what_was_seen():
    model = new_autoencoder(SMALL, TINY, CROP)
    picture = draw_reconstructions(model, torch.ones(3, 3, 48, 48))
    assert picture.size == (3 * 48, 3 * 48)
    seen = [picture.getpixel((column, 48 + row)) == (255, 255, 255) for column in range(6, 48, 12) for row in range(6, 48, 12)]
    assert sum(seen) == 4  # of 16 patches, three quarters hidden


def test_the_encoder_is_the_same_network():
    model = new_autoencoder(SMALL, TINY, CROP).eval()
    classifier = to_classifier(model, encoder_sizes(TINY, CROP), 2).eval()
    pixels = torch.rand(1, 3, 48, 48)
    with torch.no_grad():
        model.config.mask_ratio = 0.0
        hidden = model.vit(pixels, noise=torch.arange(16.0)[None]).last_hidden_state
        torch.testing.assert_close(classifier.vit(pixels).last_hidden_state, hidden, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_gone_on_from_a_checkpoint_is_the_same(tmp_path):
    crops = write_crops(tmp_path / "crops")
    runs = [tmp_path / name for name in ("whole", "halves")]
    for out in runs:
        out.mkdir()
        (out / "crops").symlink_to(crops)
    main(["--out", str(runs[0]), *WORDS.split()])
    shutil.copytree(runs[0] / "pretrain", runs[1] / "pretrain")
    last = last_checkpoint(runs[1] / "pretrain" / "checkpoints")
    shutil.rmtree(last)
    main(["--out", str(runs[1]), *WORDS.split()])
    one, other = ((out / "backbone" / "model.safetensors").read_bytes() for out in runs)
    assert one == other
    main(["--out", str(runs[1]), *WORDS.split()])
    assert (runs[1] / "backbone" / "model.safetensors").read_bytes() == one
    assert AutoModelForImageClassification.from_pretrained(runs[0] / "backbone").config.num_labels == 2
    assert (runs[0] / "pretrain" / "epoch-002.png").is_file()
