"""Crops -> model folder: `python -m train.fit`. A killed run, restarted, gives the same model."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import DatasetDict
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, TrainingArguments, set_seed

from ..common.cli import run_stage
from ..common.distributed import processes, whole
from ..common.files import check_disk
from ..common.run_recipe import keep_recipe
from ..crops.read import as_cropped, check_stored, load_crops, with_margin
from ..data import CALIBRATION, LABEL, SELECTION, TRAIN
from ..models.average_weights import average_weights, open_others
from ..models.build import open_base
from ..models.made_from import made_from
from ..models.save import write_model
from ..models.surgery import choose_attention
from ..settings import (
    AugmentSettings,
    CropSettings,
    FitSettings,
    RunSettings,
)
from .aux_heads import AuxiliaryHeads, aux_labels
from .calibrate import calibrate
from .checkpoints import hold_settings, is_finished, last_checkpoint, read_mark
from .checks import check_patches, check_teachers, check_views, say_expected
from .dataset import AUX, SOFT, WEIGHT, CropDataset, write_contact_sheet
from .patch_dropout import drop_patches
from .resume import watch_disk
from .sample_weights import group_weights
from .stream import faces_of, load_streamed
from .teacher import Teacher
from .teacher_labels import mean_labels
from .trainer import FaceTrainer, training_arguments

# In float32, each weight twice, its average, its best average and two moments;
# in up to three checkpoints.
BYTES_KEPT = 4 * 6 * 3
Sets = dict[str, CropDataset]


def fit_model(
    run: RunSettings, crop: CropSettings, augmentation: AugmentSettings, settings: FitSettings
) -> None:
    """Train, average, calibrate and write the model folder; resume from the last checkpoint."""
    check_views(settings)
    check_patches(settings.architecture, crop)
    distillation, stream = settings.distillation, settings.input.stream
    alone = distillation.precompute_teacher and not distillation.teacher
    if alone and processes().is_main_process:
        print("No --teacher is given: the network learns from the labels alone.")
    with processes().local_main_process_first():  # the others reuse what it unpacks
        splits = load_streamed(stream) if stream else load_crops(run, crop)
    crop = with_margin(crop, settings.architecture.base_model) if stream else as_cropped(run, crop)
    if stream:
        check_stored(splits[CALIBRATION], crop)
    if processes().is_main_process:
        say_expected(len(splits[TRAIN]), len(splits[CALIBRATION]), settings)
    fit_crops(splits, Path(run.out), run, crop, augmentation, settings)
    if processes().is_main_process:
        keep_recipe(run, crop, augmentation, settings)


def fit_crops(
    splits: DatasetDict,
    out: Path,
    run: RunSettings,
    crop: CropSettings,
    augmentation: AugmentSettings,
    settings: FitSettings,
) -> None:
    """Do the same with any crops; write `checkpoints`, `model`, `augmented.png` into `out`."""
    set_seed(run.seed)
    model, processor = open_base(settings.architecture, crop, splits[TRAIN].features[LABEL].names)
    choose_attention(model)
    drop_patches(model, settings.schedule.patch_dropout)
    others = open_others(model, settings.averaging.average_weights)
    check_teachers(model, settings)
    model.config.update(made_from(run, settings))
    reading = {"size": crop.crop_size, "margin": crop.margin_used, "seed": run.seed}
    reading["processor"] = processor.to_dict()
    sets = open_sets(splits, model, augmentation, settings, reading)
    checkpoints = out / "checkpoints"
    if processes().is_main_process:
        write_contact_sheet(sets[TRAIN], out / "augmented.png")
        check_disk(checkpoints, BYTES_KEPT * model.num_parameters())
        known = numbers_of(sets[TRAIN], run.seed)
        hold_settings(checkpoints, known, crop, augmentation, settings)
    with watch_disk(out):
        if settings.schedule.epochs:
            train(model, sets, checkpoints, settings, reading)
        model = whole(model)
        if processes().is_main_process:
            average_weights(model, others)
            finish(model, processor, sets[CALIBRATION], crop.margin_used, settings, out / "model")
        processes().wait_for_everyone()


def open_sets(
    splits: DatasetDict,
    model: PreTrainedModel,
    augmentation: AugmentSettings,
    settings: FitSettings,
    reading: dict[str, Any],
) -> Sets:
    """Splits of crops -> datasets to draw from; training faces have loss weights and aux columns.

    reading: size, margin, seed and processor, for CropDataset
    """
    loss, rows = settings.loss, splits[TRAIN]
    classes = [model.config.label2id[name] for name in rows.features[LABEL].names]
    sets = {
        name: faces_of(splits[name], classes=classes, augmentation=changes, **reading)
        for name, changes in ((TRAIN, augmentation), (SELECTION, None), (CALIBRATION, None))
    }
    targets = {}
    if loss.group_weights:
        targets[WEIGHT] = group_weights(rows, loss.group_weights)[:, np.argsort(classes)]
    if loss.aux_targets:
        targets[AUX] = aux_labels(rows, loss.aux_targets)
    return sets | {TRAIN: sets[TRAIN].with_targets(**targets)}


def numbers_of(faces: CropDataset, seed: int) -> dict[str, Any]:
    """Faces and a seed -> numbers that tell a run on them from any other run."""
    labels = blake2b(repr(faces.labels()).encode(), digest_size=8).hexdigest()
    return {"faces": len(faces), "labels": labels, "seed": seed}


def train(
    model: PreTrainedModel,
    sets: Sets,
    checkpoints: Path,
    settings: FitSettings,
    reading: dict[str, Any],
) -> None:
    """Train the network on the training faces; it ends with its averaged weights.

    checkpoints: the folder to resume from; reading: as for open_sets
    """
    arguments = training_arguments(settings, checkpoints, reading["seed"])
    with processes().main_process_first():  # it removes incomplete checkpoints
        checkpoint = last_checkpoint(checkpoints)
    remembered = read_mark(checkpoint) if checkpoint else {"seconds": 0.0}
    faces, teacher = taught(model, sets[TRAIN], arguments, settings, reading["processor"])
    with auxiliary_heads(model, faces) as heads:
        seconds = remembered["seconds"]
        trainer = FaceTrainer(
            model, arguments, faces, sets[SELECTION], settings, teacher, heads, seconds
        )
        if checkpoint:
            trainer.average.load(checkpoint, remembered)
        epochs, patience = settings.schedule.epochs, settings.schedule.patience
        if not (checkpoint and is_finished(checkpoint, epochs, patience)):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        trainer.average.keep()


def taught(
    model: PreTrainedModel,
    faces: CropDataset,
    arguments: TrainingArguments,
    settings: FitSettings,
    processor: dict[str, Any],
) -> tuple[CropDataset, Teacher | None]:
    """Training faces -> the faces with precomputed soft labels, or the teacher for each crop."""
    labels, device = list(model.config.id2label.values()), arguments.device
    openings = [
        partial(Teacher, name, labels, processor, device, arguments.bf16)
        for name in settings.distillation.teacher
    ]
    if not openings:
        return faces, None
    if not settings.distillation.precompute_teacher:
        return faces, openings[0]()
    boxes = settings.distillation.teacher_boxes
    soft = mean_labels(openings, faces, Path(arguments.output_dir), boxes)
    return faces.with_targets(**{SOFT: soft}), None


@contextmanager
def auxiliary_heads(model: PreTrainedModel, faces: CropDataset) -> Iterator[AuxiliaryHeads | None]:
    """Heads for the faces' other columns; the network contains them only inside the block."""
    if AUX not in faces.targets:
        yield None
        return
    heads = AuxiliaryHeads(model, faces.targets[AUX])
    model.add_module("aux_heads", heads)
    try:
        yield heads
    finally:
        heads.leave()
        del model.aux_heads


def finish(
    model: PreTrainedModel,
    processor: Any,
    faces: CropDataset,
    margin: float,
    settings: FitSettings,
    folder: Path,
) -> None:
    """A trained network and calibration faces -> its model folder."""
    ours, bias = calibrate(*predict(model, faces), settings.calibration.coverage)
    write_model(model, processor, {"margin": margin, **ours}, folder, bias)


@torch.no_grad()
def predict(model: PreTrainedModel, faces: CropDataset) -> tuple[np.ndarray, np.ndarray]:
    """A network and n faces -> (n, classes) logits in float32, and their n labels."""
    model.eval().float()
    batches = (
        model(batch["pixel_values"].to(model.device)).logits
        for batch in DataLoader(faces, batch_size=256)
    )
    return torch.cat(list(batches)).cpu().numpy(), np.array(faces.labels())


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(
        fit_model, RunSettings, CropSettings, AugmentSettings, FitSettings, arguments=arguments
    )
