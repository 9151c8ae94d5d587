"""The Trainer of transformers with our optimizer, order, loss and averaged weights."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import EvalPrediction, Trainer, TrainingArguments

from ..common.distributed import processes, share_of_batch, with_one_gpu
from ..models.build import fast_bf16
from ..settings import FitSettings
from .aux_heads import Also
from .dataset import FaceSampler
from .ema import Averager
from .optimizer import new_optimizer
from .teacher import Hints, Teacher, disagreement, distillation, tilted


class FaceTrainer(Trainer):
    """The Trainer with our optimizer, order and loss, judged by its averaged weights."""

    averager: Averager
    sampler: FaceSampler
    settings: FitSettings
    weights: torch.Tensor | None = None  # of classes
    teacher: Teacher | None = None
    hints: Hints | None = None
    also: Also | None = None
    optimizer: torch.optim.Optimizer | None

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Muon for matrices, AdamW for the rest, unless the settings say otherwise."""
        if self.optimizer is None:
            self.optimizer = new_optimizer(self.model, self.settings.optimizer)
        return self.optimizer

    def _get_train_sampler(self, *_: Any) -> FaceSampler:
        return self.sampler

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any
    ) -> Any:
        """Cross-entropy with the labels, and what the teacher says of the same faces where one teaches."""
        outputs = model(
            inputs["pixel_values"], output_hidden_states=self.hints is not None and model.training
        )
        logits, labels = outputs.logits.float(), inputs["labels"]
        weights = inputs.get("weight", torch.ones_like(logits))
        faces = weights.gather(1, labels[:, None])[:, 0]
        rarity = 1 if self.weights is None else self.weights.to(logits.device)[labels]
        loss = weighted_mean(cross_entropy(logits, labels, reduction="none"), faces * rarity)
        if model.training and (self.teacher or "soft" in inputs):
            loss = self.lesson(inputs, outputs, loss, weights)
        if model.training and self.settings.loss.consistency_weight:
            loss = loss + self.settings.loss.consistency_weight * disagreement(
                logits, self.settings.loss.views
            )
        if model.training and self.also:
            loss = loss + self.settings.loss.aux_weight * self.also(inputs["also"])
        return (loss, {"loss": loss, "logits": outputs.logits}) if return_outputs else loss

    def lesson(
        self, inputs: dict[str, Any], outputs: Any, loss: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """The labels' loss -> its mixture with the teacher's soft labels, and the distance from the teacher's features."""
        settings, maps = self.settings.distillation, list[torch.Tensor]()
        if self.teacher:
            logits, maps = self.teacher(inputs["pixel_values"], maps=self.hints is not None)
        else:
            logits = inputs["soft"]
        logits, faces = tilted(logits, weights)
        soft = weighted_mean(
            distillation(outputs.logits.float(), logits, settings.teacher_temperature), faces
        )
        loss = (1 - settings.distill_weight) * loss + settings.distill_weight * soft
        return (
            loss + settings.teacher_features * self.hints(outputs.hidden_states, maps)
            if self.hints
            else loss
        )

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """Evaluate the averaged weights."""
        self.averager.swap()
        try:
            return super().evaluate(*args, **options)
        finally:
            self.averager.swap()


def weighted_mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) of both -> the mean."""
    return (values * weights).sum() / weights.sum()


def training_arguments(settings: FitSettings, folder: Path, seed: int) -> TrainingArguments:
    """Our settings -> the Trainer's; each process takes its share of a batch, so that a recipe is the same for any number."""
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.schedule.epochs,
        per_device_train_batch_size=share_of_batch(
            settings.optimizer.batch_size, processes().num_processes
        ),
        per_device_eval_batch_size=256,
        gradient_accumulation_steps=settings.optimizer.accumulate,
        learning_rate=settings.optimizer.learning_rate,
        weight_decay=settings.optimizer.weight_decay,
        warmup_steps=settings.schedule.warmup,
        lr_scheduler_type="cosine",
        bf16=fast_bf16(settings.runtime.bf16),
        eval_strategy="epoch",
        save_steps=settings.runtime.save_steps,
        save_total_limit=2,
        logging_steps=settings.runtime.log_steps,
        seed=seed,
        dataloader_num_workers=1,
        ddp_find_unused_parameters=settings.schedule.freeze_epochs
        > 0,  # so that some may learn later than others
        remove_unused_columns=False,
        report_to=[name for name in ("tensorboard", "trackio") if find_spec(name)],
        use_cpu=not torch.cuda.is_available(),
    )
    return with_one_gpu(arguments)


def accuracy(predicted: EvalPrediction) -> dict[str, float]:
    """Logits and labels -> share that is right."""
    return {"accuracy": float((predicted.predictions.argmax(axis=1) == predicted.label_ids).mean())}
