"""Unlabelled crops -> backbone, by masked autoencoding (He et al. 2022): `python -m train.fit.pretrain --pretrain_epochs 100`.

The encoder is written into the run's folder `backbone`, a `--base_model` for `train.fit`; a picture of reconstructions an epoch
into `pretrain`. Killed and started again, it goes on.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import (
    Trainer,
    TrainerCallback,
    TrainingArguments,
    ViTConfig,
    ViTForImageClassification,
    ViTMAEConfig,
    ViTMAEForPreTraining,
    set_seed,
)

from ..common.distributed import processes, with_one_gpu
from ..common.stages import StageError, check_disk, run_stage, save_picture
from ..crops.stage import load_crops
from ..data import LABEL, TRAIN
from ..models.build import choose_attention
from ..models.vit import new_processor
from ..settings import ArchitectureSettings, AugmentSettings, CropSettings, PretrainSettings, RunSettings, RuntimeSettings
from .dataset import FaceSampler, FaceSet
from .ema import Averager
from .resume import Keeper, hold_settings, is_finished, last_checkpoint, read_mark, replace_folder, watch_disk

BYTES_KEPT = 4 * 5 * 3  # a weight three times and two moments in float32, in up to three checkpoints
WARMUP = 0.05  # of the steps
SHOWN = 8  # faces on a picture of reconstructions


class AutoencodingTrainer(Trainer):
    """The Trainer with our order of faces, for a network that makes its own loss."""

    sampler: FaceSampler

    def _get_train_sampler(self, *_: Any) -> FaceSampler:
        return self.sampler

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        """How far the hidden patches are from what was made of them; labels are not looked at."""
        return model(inputs["pixel_values"]).loss


class Illustrator(TrainerCallback):
    """Draws what the network makes of the same few faces after each epoch."""

    def __init__(self, pixels: torch.Tensor, folder: Path) -> None:
        """pixels: (n, 3, side, side) in -1..1."""
        self._pixels, self._folder = pixels, folder

    def on_epoch_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Write one picture: a face a column; as it is, what the network saw, what it made of that."""
        save_picture(draw_reconstructions(parts["model"], self._pixels), self._folder / f"epoch-{round(state.epoch):03d}.png")


@torch.no_grad()
def draw_reconstructions(model: ViTMAEForPreTraining, pixels: torch.Tensor) -> Image.Image:
    """A network and n faces -> a picture of three rows; the same patches are hidden every time."""
    model.eval()
    pixels = pixels.to(model.device)
    patches = (model.config.image_size // model.config.patch_size) ** 2
    noise = torch.rand(len(pixels), patches, generator=torch.Generator().manual_seed(0)).to(pixels.device)
    made = model(pixels, noise=noise)
    hidden = model.unpatchify(made.mask[..., None].expand_as(made.logits))
    seen = pixels * (1 - hidden)
    rows = [torch.cat(list(row), dim=2) for row in (pixels, seen, seen + model.unpatchify(made.logits) * hidden)]
    grey_levels = (torch.cat(rows, dim=1) * 127.5 + 127.5).clip(0, 255).permute(1, 2, 0)
    return Image.fromarray(grey_levels.cpu().numpy().astype(np.uint8))


def new_autoencoder(settings: PretrainSettings, architecture: ArchitectureSettings, crop: CropSettings) -> ViTMAEForPreTraining:
    """Sizes -> our ViT as an encoder, and a small decoder, of random weights."""
    return ViTMAEForPreTraining(
        ViTMAEConfig(
            **encoder_sizes(architecture, crop),
            mask_ratio=settings.masked,
            decoder_hidden_size=settings.decoder_size,
            decoder_num_hidden_layers=settings.decoder_layers,
            decoder_num_attention_heads=architecture.heads,
            decoder_intermediate_size=4 * settings.decoder_size,
        )
    )


def encoder_sizes(architecture: ArchitectureSettings, crop: CropSettings) -> dict[str, int]:
    """Settings -> what makes the ViT of fit."""
    return {
        "image_size": crop.crop_size,
        "patch_size": architecture.patch_size,
        "hidden_size": architecture.hidden_size,
        "num_hidden_layers": architecture.layers,
        "num_attention_heads": architecture.heads,
        "intermediate_size": architecture.mlp_size,
    }


def to_classifier(model: ViTMAEForPreTraining, sizes: dict[str, int], classes: int) -> ViTForImageClassification:
    """A trained autoencoder -> its encoder as a classifier that has learnt no class yet."""
    classifier = ViTForImageClassification(ViTConfig(**sizes, num_labels=classes))
    weights = {name: weight for name, weight in model.state_dict().items() if name.startswith("vit.")}
    unmatched = classifier.load_state_dict(weights, strict=False)
    if unmatched.unexpected_keys or any(name.startswith("vit.") for name in unmatched.missing_keys):
        raise ValueError(f"The encoder should fit the classifier, got {unmatched}.")
    return classifier


def pretraining_arguments(settings: PretrainSettings, runtime: RuntimeSettings, folder: Path, seed: int) -> TrainingArguments:
    """Our settings -> the Trainer's."""
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.pretrain_epochs,
        per_device_train_batch_size=settings.pretrain_batch,
        learning_rate=settings.pretrain_rate,
        weight_decay=0.05,
        adam_beta2=0.95,
        warmup_steps=WARMUP,
        lr_scheduler_type="cosine",
        bf16=runtime.bf16,
        save_steps=runtime.save_steps,
        save_total_limit=2,
        logging_steps=50,
        seed=seed,
        dataloader_num_workers=1,
        remove_unused_columns=False,
        report_to=[],
        use_cpu=not torch.cuda.is_available(),
    )
    return with_one_gpu(arguments)


def pretrain_backbone(
    run: RunSettings,
    crop: CropSettings,
    settings: PretrainSettings,
    architecture: ArchitectureSettings,
    runtime: RuntimeSettings,
) -> None:
    """Crops -> the folder `backbone`."""
    if not settings.pretrain_epochs:
        raise StageError("--pretrain_epochs is 0: there is nothing to do.")
    if processes().num_processes > 1:
        raise StageError("Pretraining is done by one process: start `python -m train.fit.pretrain` without a launcher.")
    set_seed(run.seed)
    rows = load_crops(run, crop)[TRAIN]
    classes = len(rows.features[LABEL].names)
    still = dict.fromkeys(vars(AugmentSettings()), 0.0)
    moved = AugmentSettings(**{**still, "shift": 0.06, "scale": 0.12})
    faces = FaceSet(rows, new_processor(crop).to_dict(), crop.crop_size, range(classes), run.seed, moved)
    model = new_autoencoder(settings, architecture, crop)
    choose_attention(model)
    folder = run.folder("pretrain") / "checkpoints"
    check_disk(folder, BYTES_KEPT * model.num_parameters())
    hold_settings(folder, {"faces": len(faces), "seed": run.seed, **encoder_sizes(architecture, crop)}, settings)
    beside = run.folder("backbone.part")
    with watch_disk(Path(run.out)):
        autoencode(model, faces, pretraining_arguments(settings, runtime, folder, run.seed), run.folder("pretrain"))
        set_seed(run.seed)  # of the head, however much was drawn before
        to_classifier(model, encoder_sizes(architecture, crop), classes).save_pretrained(beside)
        new_processor(crop).save_pretrained(beside)
    replace_folder(beside, run.folder("backbone"))


def autoencode(model: ViTMAEForPreTraining, faces: FaceSet, arguments: TrainingArguments, pictures: Path) -> None:
    """Teach the network to fill in what is hidden; goes on from the last complete checkpoint where there is one."""
    checkpoint = last_checkpoint(Path(arguments.output_dir))
    remembered = read_mark(checkpoint) if checkpoint else {"seconds": 0.0}
    averager = Averager(model, decay=0.0, patience=0)  # nothing is averaged: it keeps what the Trainer would not find again
    sampler = FaceSampler(len(faces), arguments.seed)
    shown = torch.stack([torch.from_numpy(faces[number]["pixel_values"]) for number in range(min(SHOWN, len(faces)))])
    callbacks = [averager, Keeper(averager, sampler, arguments.seed, 0, remembered["seconds"]), Illustrator(shown, pictures)]
    trainer = AutoencodingTrainer(model=model, args=arguments, train_dataset=faces, callbacks=callbacks)
    trainer.sampler = sampler
    trainer.model_accepts_loss_kwargs = False
    if checkpoint:
        averager.load(checkpoint, remembered)
    if not (checkpoint and is_finished(checkpoint, 0)):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    averager.keep()


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(
        pretrain_backbone,
        RunSettings,
        CropSettings,
        PretrainSettings,
        ArchitectureSettings,
        RuntimeSettings,
        arguments=arguments,
    )


if __name__ == "__main__":
    main()
