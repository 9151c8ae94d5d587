"""Crops -> model folder: `python -m train.fit`; killed and started again, it goes on and ends the same."""

from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import DatasetDict
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, TrainingArguments, set_seed

from .also import Also, also_labels
from .average import Averager
from .calibrate import calibrate
from .checkpoints import Keeper, hold_settings, is_finished, last_checkpoint, read_mark, watch_disk
from .crops import load_crops
from .data import CALIBRATION, LABEL, SELECTION, TRAIN
from .faceset import FaceSampler, FaceSet, check_stored, write_contact_sheet
from .network import choose_attention, open_base, write_model
from .processes import processes, share_of_batch, whole
from .settings import AugmentSettings, CropSettings, FitSettings, RunSettings
from .soft import soft_labels
from .soup import open_soup, stir
from .stages import StageError, check_disk, run_stage
from .stream import faces_of, load_streamed
from .teacher import Hints, Teacher, check_teacher
from .trainer import FaceTrainer, accuracy, training_arguments
from .weights import class_weights, group_weights

BYTES_KEPT = 4 * 6 * 3  # a weight twice, its average, the best one and two moments in float32, in up to three checkpoints


def fit_model(run: RunSettings, crop: CropSettings, augmentation: AugmentSettings, settings: FitSettings) -> None:
    """Train, average, calibrate and write the model folder; goes on from the last complete checkpoint where there is one."""
    if settings.stream and settings.balance == "sampler":
        raise StageError("A stream comes in its own order: balance it with --balance weights.")
    if settings.stream and (settings.weigh or settings.also or settings.looks > 1):
        raise StageError("A stream shows each face once, as it comes: --weigh, --also and --looks want stored faces.")
    if settings.looks < 1 + (settings.agreement > 0):
        raise StageError("--looks is at least 1, and 2 where --agreement is asked of them.")
    if share_of_batch(settings.batch_size, processes().num_processes) % settings.looks:
        raise StageError(f"--looks {settings.looks} at a face do not go into a batch of {settings.batch_size} evenly.")
    if settings.teacher_once and (settings.stream or settings.teacher_features):
        raise StageError("--teacher_once labels stored faces beforehand: it goes with neither --stream nor --teacher_features.")
    if (settings.teacher_features or settings.teacher_once) and not settings.teacher and processes().is_main_process:
        print("No --teacher is given: the network learns from the labels alone, whatever else is said of one.")
    with processes().local_main_process_first():  # the others find what it unpacked
        parts = load_streamed(settings.stream) if settings.stream else load_crops(run, crop)
    fit_crops(parts, Path(run.out), run, crop, augmentation, settings)


def fit_crops(
    parts: DatasetDict, out: Path, run: RunSettings, crop: CropSettings, augmentation: AugmentSettings, settings: FitSettings
) -> None:
    """The same from any crops, into `out`: its folders `checkpoints` and `model`, and `augmented.png` to look at before."""
    check_stored(parts[CALIBRATION], crop)
    set_seed(run.seed)
    names = parts[TRAIN].features[LABEL].names
    model, processor = open_base(settings, crop, names)
    choose_attention(model)
    classes = [model.config.label2id[name] for name in names]
    soup = open_soup(model, settings.soup)
    if settings.teacher:
        check_teacher(settings.teacher, list(model.config.id2label.values()))
    sets = {
        name: faces_of(parts[name], processor.to_dict(), crop.crop_size, classes, run.seed, changes)
        for name, changes in ((TRAIN, augmentation), (SELECTION, None), (CALIBRATION, None))
    }
    if settings.weigh:
        sets[TRAIN].weights = group_weights(parts[TRAIN], settings.weigh)
    if settings.also:
        sets[TRAIN].also = also_labels(parts[TRAIN], settings.also)
    checkpoints = out / "checkpoints"
    if processes().is_main_process:
        write_contact_sheet(sets[TRAIN], out / "augmented.png")
        check_disk(checkpoints, BYTES_KEPT * model.num_parameters())
        labels = blake2b(repr(sets[TRAIN].labels()).encode(), digest_size=8).hexdigest()
        numbers = {"faces": len(sets[TRAIN]), "labels": labels, "seed": run.seed}
        hold_settings(checkpoints, numbers, crop, augmentation, settings)
    with watch_disk(out):
        train(model, sets, training_arguments(settings, checkpoints, run.seed), settings, processor.to_dict())
        model = whole(model)
        if processes().is_main_process:
            stir(model, soup)
            logits = predict(model, sets[CALIBRATION])
            calibrated = calibrate(logits, np.array(sets[CALIBRATION].labels()), settings.coverage)
            write_model(model, processor, {"margin": crop.margin, **calibrated}, out / "model")
        processes().wait_for_everyone()


def train(
    model: PreTrainedModel,
    sets: dict[str, FaceSet],
    arguments: TrainingArguments,
    settings: FitSettings,
    processor: dict[str, Any],
) -> None:
    """Teach the network the training faces; it ends with its averaged weights."""
    with processes().main_process_first():  # which clears away what is half
        checkpoint = last_checkpoint(Path(arguments.output_dir))
    remembered = read_mark(checkpoint) if checkpoint else {"seconds": 0.0}
    labels = sets[TRAIN].labels()
    weights = class_weights(labels, model.config.num_labels)
    averager = Averager(model, settings.ema, settings.stop_after)
    drawn = weights[labels] if settings.balance == "sampler" else None
    sampler = FaceSampler(len(labels), arguments.seed, drawn, settings.looks)
    keeper = Keeper(averager, sampler, arguments.seed, settings.freeze_epochs, remembered["seconds"])
    trainer = FaceTrainer(
        model=model,
        args=arguments,
        train_dataset=sets[TRAIN],
        eval_dataset=sets[SELECTION],
        compute_metrics=accuracy,
        callbacks=[averager, keeper],
    )
    trainer.averager, trainer.sampler, trainer.settings = averager, sampler, settings
    trainer.model_accepts_loss_kwargs = False  # ours is a batch's mean: the Trainer is to divide it by the passes a step
    trainer.weights = weights if settings.balance == "weights" else None
    if settings.teacher:
        open_teacher(trainer, model, sets[TRAIN], processor)
    also = sets[TRAIN].also
    if also is not None:
        trainer.also = Also(model, also)
        model.add_module("also", trainer.also)
    if checkpoint:
        averager.load(checkpoint, remembered)
    if not (checkpoint and is_finished(checkpoint, settings.stop_after)):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    averager.keep()
    if trainer.hints:
        del model.hints
    if trainer.also:
        trainer.also.leave()
        del model.also


def open_teacher(trainer: FaceTrainer, model: PreTrainedModel, faces: FaceSet, processor: dict[str, Any]) -> None:
    """Let a teacher take part in the training; what learns its features is part of the network as long as it trains."""
    settings, labels = trainer.settings, list(model.config.id2label.values())
    opened = partial(Teacher, settings.teacher, labels, processor, trainer.args.device, settings.bf16)
    if settings.teacher_once:
        faces.soft = soft_labels(opened, faces, Path(trainer.args.output_dir) / "soft.npy")
        return
    trainer.teacher = opened()
    if settings.teacher_features:
        trainer.hints = Hints(model, trainer.teacher, processor["size"]["height"])
        model.add_module("hints", trainer.hints)


@torch.no_grad()
def predict(model: PreTrainedModel, faces: FaceSet) -> np.ndarray:
    """A network and faces -> (n, classes) logits in float32."""
    model.eval().float()
    batches = (model(batch["pixel_values"].to(model.device)).logits for batch in DataLoader(faces, batch_size=256))
    return torch.cat(list(batches)).cpu().numpy()


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(fit_model, RunSettings, CropSettings, AugmentSettings, FitSettings, arguments=arguments)


if __name__ == "__main__":
    main()
