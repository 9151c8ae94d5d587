"""Settings and `config.json` -> how a model came to be, in the card's words."""

import re
from pathlib import Path
from typing import Any

from ..models.origin import UNNAMED, Source, read_origin
from ..models.shares import read_shares
from ..settings import DistillationSettings, FitSettings, LossSettings

HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")
ROLES = {"base": "it went on from", "averaged": "averaged with", "teacher": "taught by"}


def start_of(fit: FitSettings, config: dict[str, Any]) -> str:
    """Settings and a model's configuration -> what it was trained from, in words."""
    base = fit.architecture.base_model
    if not base:
        return "From random weights"
    how = "Fine-tuned from" if fit.schedule.epochs else "Not trained, only calibrated, from"
    known = [source for source in read_origin(config) if source.get("role", "base") == "base"]
    if known:
        return f"{how} {name_of(known[-1])}"
    if is_of_the_hub(base):
        return f"{how} {base}"
    return f"{how} a checkpoint whose name and licence are not recorded"


def is_of_the_hub(checkpoint: str) -> bool:
    """A checkpoint -> whether it is a name on the Hub, and no folder of this or another machine."""
    return bool(HUB_NAME.fullmatch(checkpoint)) and not Path(checkpoint).exists()


def base_on_the_hub(fit: FitSettings, config: dict[str, Any]) -> str | None:
    """Settings and a model's configuration -> the base's name on the Hub, if it is there."""
    base = fit.architecture.base_model
    names = [base] if is_of_the_hub(base) else []
    names += [
        source["name"]
        for source in reversed(read_origin(config))
        if source.get("role", "base") == "base" and "/" in source.get("name", "")
    ]
    return names[0] if base and names else None


def name_of(source: Source) -> str:
    """A source -> its name; older files have but an attribution."""
    return source.get("name") or source.get("attribution", UNNAMED).rstrip(".")


def data_of_sources(config: dict[str, Any]) -> dict[str, str]:
    """A model's configuration -> the licence of each data set its sources were trained on."""
    return {
        source["data"]: source.get("data_licence", "")
        for source in read_origin(config)
        if source.get("data")
    }


def made_of(config: dict[str, Any]) -> str:
    """A model's configuration -> a list of what went into it, each with licence and data."""
    lines = [f"- {source_words(source)}" for source in read_origin(config)]
    return "\nIt is made from:\n\n" + "\n".join(lines) + "\n" if lines else ""


def source_words(source: Source) -> str:
    """A source -> a line about it."""
    role = ROLES.get(source.get("role", "base"), ROLES["base"])
    words = [f"{role} {name_of(source)}", licence_words(source.get("licence", ""))]
    if data := source.get("data"):
        words.append(f"trained on {data} ({licence_words(source.get('data_licence', ''))})")
    if source.get("read_from"):
        words.append(f"read from {source['read_from']}")
    said = source.get("attribution", "").rstrip(".")
    return f"{'; '.join(words)}.{f' {said}.' if said and source.get('name') else ''}"


def licence_words(licence: str) -> str:
    """A licence, or nothing -> it in words."""
    return f"licence {licence}" if licence else "licence unknown"


def recipe(fit: FitSettings) -> str:
    """Settings -> how it was trained, in words."""
    if not fit.schedule.epochs:
        return "0 epochs"
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
