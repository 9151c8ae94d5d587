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

from ..common.distributed import processes, share_of_batch, whole
from ..common.stages import StageError, check_disk, run_stage
from ..crops.stage import check_stored, load_crops
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
from .teacher_labels import soft_labels
from .trainer import FaceTrainer, accuracy, training_arguments

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
    if settings.stream:
        check_stored(parts[CALIBRATION], crop)
    fit_crops(parts, Path(run.out), run, crop, augmentation, settings)


def fit_crops(
    parts: DatasetDict, out: Path, run: RunSettings, crop: CropSettings, augmentation: AugmentSettings, settings: FitSettings
) -> None:
    """The same from any crops, into `out`: its folders `checkpoints` and `model`, and `augmented.png` to look at before."""
    set_seed(run.seed)
    names = parts[TRAIN].features[LABEL].names
    model, processor = open_base(settings, crop, names)
    choose_attention(model)
    classes = [model.config.label2id[name] for name in names]
    soup = open_soup(model, settings.soup)
    if settings.teacher:
        teacher_order(settings.teacher, list(model.config.id2label.values()))
    sets = {
        name: faces_of(parts[name], processor.to_dict(), crop.crop_size, classes, run.seed, changes)
        for name, changes in ((TRAIN, augmentation), (SELECTION, None), (CALIBRATION, None))
    }
    sets[TRAIN].weights = group_weights(parts[TRAIN], settings.weigh)[:, np.argsort(classes)] if settings.weigh else None
    sets[TRAIN].margin = crop.margin
    sets[TRAIN].also = also_labels(parts[TRAIN], settings.also) if settings.also else None
    checkpoints = out / "checkpoints"
    if processes().is_main_process:
        write_contact_sheet(sets[TRAIN], out / "augmented.png")
        check_disk(checkpoints, BYTES_KEPT * model.num_parameters())
        hold_settings(checkpoints, numbers_of(sets[TRAIN], run.seed), crop, augmentation, settings)
    with watch_disk(out):
        train(model, sets, training_arguments(settings, checkpoints, run.seed), settings, processor.to_dict())
        model = whole(model)
        if processes().is_main_process:
            stir(model, soup)
            calibrated, bias = calibrate(*predict(model, sets[CALIBRATION]), settings.coverage)
            write_model(model, processor, {"margin": crop.margin, **calibrated}, out / "model", bias)
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
    if not (checkpoint and is_finished(checkpoint, settings.stop_after)):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.averager.keep()
    close_lessons(trainer, model)


def new_trainer(
    model: PreTrainedModel, sets: dict[str, FaceSet], arguments: TrainingArguments, settings: FitSettings, seconds: float
) -> FaceTrainer:
    """Network, faces and settings -> what trains it, by the labels alone; seconds: that it has been trained before."""
    labels = sets[TRAIN].labels()
    weights = class_weights(labels, model.config.num_labels)
    averager = Averager(model, settings.ema, settings.stop_after)
    drawn = weights[labels] if settings.balance == "sampler" else None
    sampler = FaceSampler(len(labels), arguments.seed, drawn, settings.looks)
    trainer = FaceTrainer(
        model=model,
        args=arguments,
        train_dataset=sets[TRAIN],
        eval_dataset=sets[SELECTION],
        compute_metrics=accuracy,
        callbacks=[averager, Keeper(averager, sampler, arguments.seed, settings.freeze_epochs, seconds)],
    )
    trainer.averager, trainer.sampler, trainer.settings = averager, sampler, settings
    trainer.model_accepts_loss_kwargs = False  # ours is a batch's mean: the Trainer is to divide it by the passes a step
    trainer.weights = weights if settings.balance == "weights" else None
    return trainer


def open_lessons(trainer: FaceTrainer, model: PreTrainedModel, processor: dict[str, Any]) -> None:
    """Let a teacher and the faces' other columns take part; what learns of them is part of the network as long as it trains."""
    faces = trainer.train_dataset
    if trainer.settings.teacher:
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


def open_teacher(trainer: FaceTrainer, model: PreTrainedModel, faces: FaceSet, processor: dict[str, Any]) -> None:
    """Let a teacher take part in the training, by soft labels of the faces, or of what it sees, or by its features as well."""
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
def predict(model: PreTrainedModel, faces: FaceSet) -> tuple[np.ndarray, np.ndarray]:
    """A network and n faces -> (n, classes) logits in float32, and their n labels."""
    model.eval().float()
    batches = (model(batch["pixel_values"].to(model.device)).logits for batch in DataLoader(faces, batch_size=256))
    return torch.cat(list(batches)).cpu().numpy(), np.array(faces.labels())


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(fit_model, RunSettings, CropSettings, AugmentSettings, FitSettings, arguments=arguments)
