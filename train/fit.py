"""Crops -> model folder: `python -m train.fit`."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset as Rows
from torch.utils.data import Dataset
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from space.face_gender.scores import to_tensor

from .augment import augment, middle
from .calibrate import calibrate
from .data import CALIBRATION, LABEL, PHOTO, SELECTION, TRAIN, load_parts
from .muon import MuonAdamW
from .settings import AugmentSettings, CropSettings, FitSettings, RunSettings, parse
from .vit import new_processor, new_vit


class CropDataset(Dataset):
    """Stored crops as the Trainer wants them: augmented with `augmentation`, cut to serving's crop without."""

    def __init__(
        self, rows: Rows, processor: dict[str, Any], size: int, seed: int = 0, augmentation: AugmentSettings | None = None
    ) -> None:
        """rows: with columns `photo` and `label`; what is drawn for a face depends on seed, epoch and its number alone."""
        self._rows, self._processor, self._size = rows, processor, size
        self._seed, self._augmentation = seed, augmentation
        self.epoch = 0

    def __len__(self) -> int:
        """How many faces."""
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """A face -> `pixel_values` (3, size, size) float32 and `labels`."""
        row = self._rows[index]
        if self._augmentation:
            rng = np.random.default_rng((self._seed, self.epoch, index))
            face = augment(row[PHOTO], self._size, rng, self._augmentation)
        else:
            face = middle(row[PHOTO], self._size)
        return {"pixel_values": to_tensor([np.asarray(face)], self._processor)[0], "labels": row[LABEL]}


class Averager(TrainerCallback):
    """Keeps an exponential moving average of the weights (Polyak 1992), and counts epochs for the augmentation."""

    def __init__(self, model: PreTrainedModel, decay: float, crops: CropDataset) -> None:
        """decay: a step's; the first steps average faster."""
        self._weights = list(model.parameters())
        self._average = [weight.detach().clone() for weight in self._weights]
        self._decay, self._crops = decay, crops

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Another epoch draws other augmentations."""
        self._crops.epoch = int(state.epoch or 0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move the average towards the weights."""
        decay = min(self._decay, (1 + state.global_step) / (10 + state.global_step))
        torch._foreach_lerp_(self._average, [weight.detach() for weight in self._weights], 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange average and weights; twice is as before."""
        for average, weight in zip(self._average, self._weights, strict=True):
            kept = weight.clone()
            weight.copy_(average)
            average.copy_(kept)


class FaceTrainer(Trainer):
    """The Trainer with Muon, judged by its averaged weights."""

    averager: Averager
    optimizer: torch.optim.Optimizer | None

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Muon for matrices, AdamW for the rest."""
        if self.optimizer is None:
            self.optimizer = MuonAdamW(self.model, self.args.learning_rate, self.args.weight_decay)
        return self.optimizer

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """Evaluate the averaged weights."""
        self.averager.swap()
        try:
            return super().evaluate(*args, **options)
        finally:
            self.averager.swap()


def training_arguments(settings: FitSettings, folder: Path, seed: int) -> TrainingArguments:
    """Our settings -> the Trainer's."""
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=256,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup,
        lr_scheduler_type="cosine",
        bf16=settings.bf16,
        eval_strategy="epoch",
        save_steps=settings.save_steps,
        save_total_limit=1,
        logging_steps=50,
        seed=seed,
        dataloader_num_workers=1,
        remove_unused_columns=False,
        report_to="none",
        use_cpu=not torch.cuda.is_available(),
    )


def fit_model(run: RunSettings, crop: CropSettings, augmentation: AugmentSettings, settings: FitSettings) -> None:
    """Train, average, calibrate and write the model folder; goes on from the last checkpoint where there is one."""
    set_seed(run.seed)
    parts = load_parts(run.folder("crops"))
    labels = parts[TRAIN].features[LABEL].names
    model, processor = open_base(settings, crop, labels)
    read = processor.to_dict()
    train = CropDataset(parts[TRAIN], read, crop.crop_size, run.seed, augmentation)
    selection, calibration = (CropDataset(parts[name], read, crop.crop_size) for name in (SELECTION, CALIBRATION))
    checkpoints = run.folder("checkpoints")
    averager = Averager(model, settings.ema, train)
    trainer = FaceTrainer(
        model=model,
        args=training_arguments(settings, checkpoints, run.seed),
        train_dataset=train,
        eval_dataset=selection,
        compute_metrics=accuracy,
        callbacks=[averager],
    )
    trainer.averager = averager
    trainer.train(resume_from_checkpoint=any(checkpoints.glob("checkpoint-*")))
    averager.swap()
    model.float()
    predicted = trainer.predict(calibration)
    calibrated = calibrate(predicted.predictions, predicted.label_ids, settings.coverage)
    write_model(model, processor, {"margin": crop.margin, **calibrated}, run.folder("model"))


def open_base(settings: FitSettings, crop: CropSettings, labels: list[str]) -> tuple[PreTrainedModel, Any]:
    """Settings -> network and image processor to start from."""
    if not settings.base_model:
        return new_vit(settings, crop, labels), new_processor(crop)
    classes = {"id2label": dict(enumerate(labels)), "label2id": {name: number for number, name in enumerate(labels)}}
    model = AutoModelForImageClassification.from_pretrained(
        settings.base_model, ignore_mismatched_sizes=True, dtype=torch.float32, **classes
    )
    return model, AutoImageProcessor.from_pretrained(settings.base_model)


def accuracy(predicted: EvalPrediction) -> dict[str, float]:
    """Logits and labels -> share that is right."""
    return {"accuracy": float((predicted.predictions.argmax(axis=1) == predicted.label_ids).mean())}


def write_model(model: PreTrainedModel, processor: Any, ours: dict[str, float], folder: Path) -> None:
    """Network and settings -> folder with config, safetensors (fp16) and image processor; the temperature is folded in."""
    with torch.no_grad():
        model.classifier.weight /= ours["temperature"]
        model.classifier.bias /= ours["temperature"]
    model.config.face_gender = ours
    model.half().save_pretrained(folder)
    processor.save_pretrained(folder)


def main(arguments: list[str] | None = None) -> None:
    """Fit."""
    fit_model(*parse(RunSettings, CropSettings, AugmentSettings, FitSettings, arguments=arguments))


if __name__ == "__main__":
    main()
