"""transformers' Trainer with our optimizer, order, loss and averaged weights."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import (
    EvalPrediction,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from ..common.distributed import processes, share_of_batch, with_one_gpu
from ..models.build import fast_bf16
from ..settings import FitSettings, values_of
from .aux_heads import AuxiliaryHeads
from .dataset import AUX, SOFT, WEIGHT, CropDataset
from .ema import EMACallback
from .log import PROJECT, LogCallback, loggers
from .losses import disagreement, distillation, label_loss, tilted, weighted_mean
from .optimizer import frozen_steps, new_optimizer, rate_factor
from .resume import ResumeCallback
from .sample_weights import class_weights
from .sampler import FaceSampler
from .teacher import Teacher


@dataclass
class FitArguments(TrainingArguments):
    """The Trainer's arguments; loggers keep them, and so our settings too."""

    recipe: dict[str, Any] = field(default_factory=dict)


class FaceTrainer(Trainer):
    """The Trainer with our optimizer, order and loss; it evaluates the averaged weights."""

    optimizer: torch.optim.Optimizer | None
    lr_scheduler: Any

    def __init__(
        self,
        model: PreTrainedModel,
        arguments: TrainingArguments,
        faces: CropDataset,
        selection: CropDataset,
        settings: FitSettings,
        teacher: Teacher | None = None,
        heads: AuxiliaryHeads | None = None,
        seconds: float = 0.0,
    ) -> None:
        """seconds: how long the run has trained so far. Raises StageError if a class is empty."""
        labels, schedule = faces.labels(), settings.schedule
        self._rarity = class_weights(labels, model.config.num_labels)
        self._settings, self._teacher, self._heads = settings, teacher, heads
        self._sampler = FaceSampler(len(labels), arguments.seed, settings.loss.views)
        self.average = EMACallback(model, settings.averaging.ema, schedule.patience)
        resume = ResumeCallback(self.average, self._sampler, arguments.seed, schedule, seconds)
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=faces,
            eval_dataset=selection,
            compute_metrics=accuracy,
            callbacks=[self.average, resume, LogCallback()],
        )
        self.remove_callback(PrinterCallback)  # LogCallback says the same in words
        # our loss is a batch's mean, so the Trainer must divide it by the passes per step
        self.model_accepts_loss_kwargs = False

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Muon for matrices, AdamW for the rest, unless the settings say otherwise."""
        if self.optimizer is None:
            self.optimizer = new_optimizer(self.model, self._settings.optimizer)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Warm up when the whole network starts to learn, then fall along a cosine to zero."""
        if self.lr_scheduler is None:
            schedule, steps = self._settings.schedule, num_training_steps
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                optimizer or self.create_optimizer(),
                partial(
                    rate_factor,
                    frozen=frozen_steps(schedule.freeze_epochs, schedule.epochs, steps),
                    rising=self.args.get_warmup_steps(steps),
                    steps=steps,
                ),
            )
        return self.lr_scheduler

    def _get_train_sampler(self, *_: Any) -> FaceSampler:
        return self._sampler

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any
    ) -> Any:
        """Cross-entropy with the labels; in training, also with teacher, views and heads."""
        outputs = model(inputs["pixel_values"])
        logits, labels = outputs.logits.float(), inputs["labels"]
        weights = inputs.get(WEIGHT, torch.ones_like(logits))
        of_faces = weights.gather(1, labels[:, None])[:, 0]
        if self._settings.loss.balance == "weights":
            of_faces = of_faces * self._rarity.to(logits.device)[labels]
        loss = label_loss(logits, labels, of_faces)
        if model.training:
            loss = self._taught(inputs, logits, loss, weights)
            loss = self._with_further(inputs, logits, loss)
        return (loss, {"loss": loss, "logits": outputs.logits}) if return_outputs else loss

    def _taught(
        self,
        inputs: dict[str, Any],
        logits: torch.Tensor,
        loss: torch.Tensor,
        weights: torch.Tensor,
    ) -> torch.Tensor:
        """The labels' loss -> the same mixed with the teacher's loss, if there is a teacher."""
        if not (self._teacher or SOFT in inputs):
            return loss
        settings = self._settings.distillation
        theirs = self._teacher(inputs["pixel_values"]) if self._teacher else inputs[SOFT]
        theirs, of_faces = tilted(theirs, weights)
        distances = distillation(logits, theirs, settings.teacher_temperature)
        soft = weighted_mean(distances, of_faces)
        return (1 - settings.distill_weight) * loss + settings.distill_weight * soft

    def _with_further(
        self, inputs: dict[str, Any], logits: torch.Tensor, loss: torch.Tensor
    ) -> torch.Tensor:
        """The loss -> the loss plus the views' disagreement and the auxiliary heads' losses."""
        settings = self._settings.loss
        if settings.consistency_weight:
            loss = loss + settings.consistency_weight * disagreement(logits, settings.views)
        if self._heads:
            loss = loss + settings.aux_weight * self._heads(inputs[AUX])
        return loss

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """Evaluate the averaged weights."""
        self.average.swap()
        try:
            return super().evaluate(*args, **options)
        finally:
            self.average.swap()


def training_arguments(settings: FitSettings, folder: Path, seed: int) -> TrainingArguments:
    """Our settings -> the Trainer's; each process takes its share of a batch.

    So a recipe works the same way on any number of processes.
    """
    optimizer, schedule, runtime = settings.optimizer, settings.schedule, settings.runtime
    arguments = FitArguments(
        output_dir=str(folder),
        project=PROJECT,
        run_name=folder.resolve().parent.name,
        recipe=values_of(settings),
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=share_of_batch(optimizer.batch_size, processes().num_processes),
        per_device_eval_batch_size=256,
        gradient_accumulation_steps=optimizer.accumulate,
        learning_rate=optimizer.learning_rate,
        weight_decay=optimizer.weight_decay,
        warmup_steps=schedule.warmup,
        bf16=fast_bf16(runtime.bf16),
        eval_strategy="epoch",
        save_steps=runtime.save_steps,
        save_total_limit=2,
        logging_steps=runtime.log_steps,
        logging_first_step=True,
        disable_tqdm=True,
        seed=seed,
        dataloader_num_workers=1,
        ddp_find_unused_parameters=schedule.freeze_epochs > 0 or schedule.freeze_blocks > 0,
        remove_unused_columns=False,
        report_to=loggers(),
        use_cpu=not torch.cuda.is_available(),
    )
    return with_one_gpu(arguments)


def accuracy(predicted: EvalPrediction) -> dict[str, float]:
    """Logits and labels -> share of correct answers."""
    return {"accuracy": float((predicted.predictions.argmax(axis=1) == predicted.label_ids).mean())}
