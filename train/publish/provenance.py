"""Settings -> how a model came to be, in the card's words."""

import re
from pathlib import Path
from typing import get_args

from ..models.average_weights import read_shares
from ..settings import CHECKPOINT, DistillationSettings, FitSettings, LossSettings

HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")


def start_of(fit: FitSettings) -> str:
    """Settings -> what it was trained from, in words."""
    start = fit.architecture
    if not start.base_model:
        return "From random weights"
    if Path(start.base_model).name in get_args(CHECKPOINT):
        return f"Fine-tuned from the public checkpoint {Path(start.base_model).name}"
    known = is_of_the_hub(start.base_model)
    return (
        f"Fine-tuned from {start.base_model}"
        if known
        else "Trained further from an earlier network of our own"
    )


def is_of_the_hub(checkpoint: str) -> bool:
    """A checkpoint -> whether it is a name on the Hub, and no folder of this or another machine."""
    return bool(HUB_NAME.fullmatch(checkpoint)) and not Path(checkpoint).exists()


def recipe(fit: FitSettings) -> str:
    """Settings -> how it was trained, in words."""
    optimizer = fit.optimizer
    words = [
        f"{fit.schedule.epochs:g} epochs",
        f"batches of {optimizer.batch_size * optimizer.accumulate}",
        f"learning rate {optimizer.learning_rate:g}",
        *lessons(fit.distillation),
        *weighings(fit.loss),
        f"averaged weights ({fit.averaging.ema:g} a step)",
    ]
    if others := fit.averaging.average_weights:
        shares = " and ".join(f"{share:.0%}" for share in read_shares(others).values())
        words.append(
            f"{shares} of them those of earlier networks (a model soup, Wortsman et al. 2022)"
        )
    return ", ".join(words)


def lessons(distillation: DistillationSettings) -> list[str]:
    """Settings -> what it learnt from teachers, in words; empty without one."""
    if not distillation.teacher:
        return []
    once = ", one a face, of five boxes and their mirror images,"
    how = once if distillation.precompute_teacher else ""
    count = len(distillation.teacher)
    whose = f"the mean of {count} teachers'" if count > 1 else "a teacher's"
    return [f"{whose} soft labels{how} for {distillation.distill_weight:.0%} of the loss"]


def weighings(loss: LossSettings) -> list[str]:
    """Settings -> what its loss weighed, in words."""
    heads = f"({loss.aux_weight:g} of its loss each), by heads that are thrown away"
    said = {
        f"classes balanced by {loss.balance}": loss.balance != "none",
        f"more weight for {' and '.join(loss.group_weights)}": loss.group_weights,
        f"{' and '.join(loss.aux_targets)} learnt too {heads}": loss.aux_targets,
        f"{loss.views} views of a face side by side": loss.views > 1,
        f"their disagreement punished by {loss.consistency_weight:g}": loss.consistency_weight,
    }
    return [words for words, true in said.items() if true]
