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

from ..common.cli import run_stage
from ..common.distributed import processes, share_of_batch, whole
from ..common.errors import StageError
from ..common.files import check_disk
from ..crops.read import check_stored, load_crops
from ..data import CALIBRATION, LABEL, SELECTION, TRAIN
from ..models.average_weights import open_soup, stir
from ..models.build import choose_attention, open_base, write_model
from ..settings import AugmentSettings, CropSettings, FitSettings, RunSettings
from .aux_heads import Also, also_labels
from .calibrate import calibrate
from .dataset import FaceSampler, FaceSet, write_contact_sheet
from .ema import Averager
from .resume import Keeper, hold_settings, is_finished, last_checkpoint, read_mark, watch_disk
from .sample_weights import class_weights, group_weights
from .stream import faces_of, load_streamed
from .teacher import Hints, Teacher, teacher_order
from .teacher_labels import mean_labels
from .trainer import FaceTrainer, accuracy, training_arguments

BYTES_KEPT = (
    4 * 6 * 3
)  # a weight twice, its average, the best one and two moments in float32, in up to three checkpoints


def fit_model(
    run: RunSettings, crop: CropSettings, augmentation: AugmentSettings, settings: FitSettings
) -> None:
    """Train, average, calibrate and write the model folder; goes on from the last complete checkpoint where there is one."""
    check_views(settings)
    distillation, stream = settings.distillation, settings.input.stream
    told_of = distillation.teacher_features or distillation.precompute_teacher
    if told_of and not distillation.teacher and processes().is_main_process:
        print("No --teacher is given: the network learns from the labels alone.")
    with processes().local_main_process_first():  # the others find what it unpacked
        parts = load_streamed(stream) if stream else load_crops(run, crop)
    if stream:
        check_stored(parts[CALIBRATION], crop)
    fit_crops(parts, Path(run.out), run, crop, augmentation, settings)


def check_views(settings: FitSettings) -> None:
    """Raises StageError where a process's share of a batch does not hold each face's views."""
    batch, views = settings.optimizer.batch_size, settings.loss.views
    if share_of_batch(batch, processes().num_processes) % views:
        raise StageError(
            f"A batch of {batch} does not divide into {views} views of each face: change --batch_size."
        )


def fit_crops(
    parts: DatasetDict,
    out: Path,
    run: RunSettings,
    crop: CropSettings,
    augmentation: AugmentSettings,
    settings: FitSettings,
) -> None:
    """The same from any crops, into `out`: its folders `checkpoints` and `model`, and `augmented.png` to look at before."""
    set_seed(run.seed)
    names = parts[TRAIN].features[LABEL].names
    model, processor = open_base(settings.architecture, crop, names)
    choose_attention(model)
    classes = [model.config.label2id[name] for name in names]
    soup = open_soup(model, settings.averaging.average_weights)
    for name in settings.distillation.teacher:
        teacher_order(name, list(model.config.id2label.values()))
    sets = {
        name: faces_of(parts[name], processor.to_dict(), crop.crop_size, classes, run.seed, changes)
        for name, changes in ((TRAIN, augmentation), (SELECTION, None), (CALIBRATION, None))
    }
    loss = settings.loss
    if loss.group_weights:
        sets[TRAIN].weights = group_weights(parts[TRAIN], loss.group_weights)[
            :, np.argsort(classes)
        ]
    sets[TRAIN].margin = crop.margin
    if loss.aux_targets:
        sets[TRAIN].also = also_labels(parts[TRAIN], loss.aux_targets)
    checkpoints = out / "checkpoints"
    if processes().is_main_process:
        write_contact_sheet(sets[TRAIN], out / "augmented.png")
        check_disk(checkpoints, BYTES_KEPT * model.num_parameters())
        hold_settings(checkpoints, numbers_of(sets[TRAIN], run.seed), crop, augmentation, settings)
    with watch_disk(out):
        train(
            model,
            sets,
            training_arguments(settings, checkpoints, run.seed),
            settings,
            processor.to_dict(),
        )
        model = whole(model)
        if processes().is_main_process:
            stir(model, soup)
            calibrated, bias = calibrate(
                *predict(model, sets[CALIBRATION]), settings.calibration.coverage
            )
            write_model(
                model, processor, {"margin": crop.margin, **calibrated}, out / "model", bias
            )
        processes().wait_for_everyone()


def numbers_of(faces: FaceSet, seed: int) -> dict[str, Any]:
    """Faces and seed -> what tells a run on them from any other."""
    labels = blake2b(repr(faces.labels()).encode(), digest_size=8).hexdigest()
    return {"faces": len(faces), "labels": labels, "seed": seed}


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
    trainer = new_trainer(model, sets, arguments, settings, remembered["seconds"])
    open_lessons(trainer, model, processor)
    if checkpoint:
        trainer.averager.load(checkpoint, remembered)
    if not (checkpoint and is_finished(checkpoint, settings.schedule.patience)):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.averager.keep()
    close_lessons(trainer, model)


def new_trainer(
    model: PreTrainedModel,
    sets: dict[str, FaceSet],
    arguments: TrainingArguments,
    settings: FitSettings,
    seconds: float,
) -> FaceTrainer:
    """Network, faces and settings -> what trains it, by the labels alone; seconds: that it has been trained before."""
    labels = sets[TRAIN].labels()
    weights = class_weights(labels, model.config.num_labels)
    averager = Averager(model, settings.averaging.ema, settings.schedule.patience)
    drawn = weights[labels] if settings.loss.balance == "sampler" else None
    sampler = FaceSampler(len(labels), arguments.seed, drawn, settings.loss.views)
    trainer = FaceTrainer(
        model=model,
        args=arguments,
        train_dataset=sets[TRAIN],
        eval_dataset=sets[SELECTION],
        compute_metrics=accuracy,
        callbacks=[
            averager,
            Keeper(averager, sampler, arguments.seed, settings.schedule.freeze_epochs, seconds),
        ],
    )
    trainer.averager, trainer.sampler, trainer.settings = averager, sampler, settings
    trainer.model_accepts_loss_kwargs = (
        False  # ours is a batch's mean: the Trainer is to divide it by the passes a step
    )
    trainer.weights = weights if settings.loss.balance == "weights" else None
    return trainer


def open_lessons(trainer: FaceTrainer, model: PreTrainedModel, processor: dict[str, Any]) -> None:
    """Let a teacher and the faces' other columns take part; what learns of them is part of the network as long as it trains."""
    faces = trainer.train_dataset
    if trainer.settings.distillation.teacher:
        open_teacher(trainer, model, faces, processor)
    if faces.also is not None:
        trainer.also = Also(model, faces.also)
        model.add_module("also", trainer.also)


def close_lessons(trainer: FaceTrainer, model: PreTrainedModel) -> None:
    """Take off the network what was only to be learnt by."""
    if trainer.hints:
        del model.hints
    if trainer.also:
        trainer.also.leave()
        del model.also


def open_teacher(
    trainer: FaceTrainer, model: PreTrainedModel, faces: FaceSet, processor: dict[str, Any]
) -> None:
    """Let a teacher take part in the training, by soft labels of the faces, or of what it sees, or by its features as well."""
    settings, labels = trainer.settings, list(model.config.id2label.values())
    shared = {
        "labels": labels,
        "processor": processor,
        "device": trainer.args.device,
        "bf16": trainer.args.bf16,
    }
    openings = [partial(Teacher, name, **shared) for name in settings.distillation.teacher]
    if settings.distillation.precompute_teacher:
        faces.soft = mean_labels(openings, faces, Path(trainer.args.output_dir))
        return
    trainer.teacher = openings[0]()
    if settings.distillation.teacher_features:
        trainer.hints = Hints(model, trainer.teacher, processor["size"]["height"])
        model.add_module("hints", trainer.hints)


@torch.no_grad()
def predict(model: PreTrainedModel, faces: FaceSet) -> tuple[np.ndarray, np.ndarray]:
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
