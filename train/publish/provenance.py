"""Settings -> how a model came to be, in the card's words."""

import re
from pathlib import Path

from ..models.average_weights import read_soup
from ..settings import FitSettings

HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")


def start_of(fit: FitSettings) -> str:
    """Settings -> what it was trained from, in words."""
    if not fit.base_model:
        return "From random weights"
    more = f", with {fit.add_layers} more blocks" if fit.add_layers else ""
    if Path(fit.base_model).name == "backbone":
        return "From a backbone that had filled in hidden parts of the same faces (masked autoencoding, He et al. 2022)" + more
    known = is_of_the_hub(fit.base_model)
    return (f"Fine-tuned from {fit.base_model}" if known else "Trained further from an earlier network of our own") + more


def is_of_the_hub(checkpoint: str) -> bool:
    """A checkpoint -> whether it is a name on the Hub, and no folder of this or another machine."""
    return bool(HUB_NAME.fullmatch(checkpoint)) and not Path(checkpoint).exists()


def recipe(fit: FitSettings) -> str:
    """Settings -> how it was trained, in words."""
    words = [f"{fit.epochs:g} epochs", f"batches of {fit.batch_size * fit.accumulate}", f"learning rate {fit.learning_rate:g}"]
    how = ", one a face, of five boxes and their mirror images," if fit.teacher_once else ""
    words += [f"a teacher's soft labels{how} for {fit.teacher_share:.0%} of the loss"] if fit.teacher else []
    words += ["its feature maps as hints"] if fit.teacher and fit.teacher_features else []
    words += [f"classes balanced by {fit.balance}"] if fit.balance != "none" else []
    words += [f"more weight for {' and '.join(fit.weigh)}"] if fit.weigh else []
    heads = f"({fit.also_weight:g} of its loss each), by heads that are thrown away"
    words += [f"{' and '.join(fit.also)} learnt too {heads}"] if fit.also else []
    words += [f"{fit.looks} looks at a face side by side"] if fit.looks > 1 else []
    words += [f"their disagreement punished by {fit.agreement:g}"] if fit.agreement else []
    words += [f"averaged weights ({fit.ema:g} a step)"]
    shares = " and ".join(f"{share:.0%}" for share in read_soup(fit.soup).values())
    words += [f"{shares} of them those of earlier networks (a model soup, Wortsman et al. 2022)"] if fit.soup else []
    return ", ".join(words)
