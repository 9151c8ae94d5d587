"""Settings -> how a model came to be, in the card's words."""

import re
from pathlib import Path
from typing import get_args

from ..models.average_weights import read_soup
from ..settings import CHECKPOINT, FitSettings

HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")


def start_of(fit: FitSettings) -> str:
    """Settings -> what it was trained from, in words."""
    start = fit.architecture
    if not start.base_model:
        return "From random weights"
    more = f", with {start.add_layers} more blocks" if start.add_layers else ""
    if Path(start.base_model).name in get_args(CHECKPOINT):
        return f"Fine-tuned from the public checkpoint {Path(start.base_model).name}" + more
    known = is_of_the_hub(start.base_model)
    return (
        f"Fine-tuned from {start.base_model}"
        if known
        else "Trained further from an earlier network of our own"
    ) + more


def is_of_the_hub(checkpoint: str) -> bool:
    """A checkpoint -> whether it is a name on the Hub, and no folder of this or another machine."""
    return bool(HUB_NAME.fullmatch(checkpoint)) and not Path(checkpoint).exists()


def recipe(fit: FitSettings) -> str:
    """Settings -> how it was trained, in words."""
    optimizer, loss, distillation = fit.optimizer, fit.loss, fit.distillation
    words = [
        f"{fit.schedule.epochs:g} epochs",
        f"batches of {optimizer.batch_size * optimizer.accumulate}",
        f"learning rate {optimizer.learning_rate:g}",
    ]
    how = (
        ", one a face, of five boxes and their mirror images,"
        if distillation.precompute_teacher
        else ""
    )
    teachers = len(distillation.teacher)
    whose = f"the mean of {teachers} teachers'" if teachers > 1 else "a teacher's"
    words += (
        [f"{whose} soft labels{how} for {distillation.distill_weight:.0%} of the loss"]
        if distillation.teacher
        else []
    )
    words += (
        ["its feature maps as hints"]
        if distillation.teacher and distillation.teacher_features
        else []
    )
    words += [f"classes balanced by {loss.balance}"] if loss.balance != "none" else []
    words += [f"more weight for {' and '.join(loss.group_weights)}"] if loss.group_weights else []
    heads = f"({loss.aux_weight:g} of its loss each), by heads that are thrown away"
    words += [f"{' and '.join(loss.aux_targets)} learnt too {heads}"] if loss.aux_targets else []
    words += [f"{loss.views} views of a face side by side"] if loss.views > 1 else []
    words += (
        [f"their disagreement punished by {loss.consistency_weight:g}"]
        if loss.consistency_weight
        else []
    )
    words += [f"averaged weights ({fit.averaging.ema:g} a step)"]
    others = fit.averaging.average_weights
    shares = " and ".join(f"{share:.0%}" for share in read_soup(others).values())
    words += (
        [f"{shares} of them those of earlier networks (a model soup, Wortsman et al. 2022)"]
        if others
        else []
    )
    return ", ".join(words)
