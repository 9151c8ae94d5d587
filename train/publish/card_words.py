"""A run's folder, settings and figures -> sentences of the model card."""

import json
from dataclasses import asdict

from ..crops.read import FACES_FILE
from ..data import HOLDOUT, TEST
from ..evaluate.looks import read_looks
from ..fit.checkpoints import last_complete, read_mark
from ..settings import AugmentSettings, CardSettings, FitSettings, RunSettings
from .card_figures import Figures


def names_of(augmentation: AugmentSettings) -> str:
    """Settings -> the augmentations that are used, in words."""
    used = [name for name, reach in asdict(augmentation).items() if reach]
    words = [name.removesuffix("_prob") for name in used if name != "low_res_side"]
    return ", ".join(words).replace("_", " ")


def race_words(metrics: Figures, fit: FitSettings) -> str:
    """Figures and settings -> what race labels were used for; empty if the data has none."""
    if "race" not in metrics["groups"]:
        return ""
    weighed = any("race=" in group for group in fit.loss.group_weights)
    use = "for audits, and to weight groups in training" if weighed else "for audits alone"
    return (
        f"- No race model was trained, shipped or shown. The data's race labels are used {use}.\n"
    )


def looks(run: RunSettings, metrics: Figures, card: CardSettings) -> str:
    """A run and settings -> how often models were measured on the test photos, in words."""
    kept = read_looks(run)
    said = measured("these photos", card.test_looks, kept.get(TEST, []))
    if HOLDOUT in metrics:
        said += f" {measured('the second test', card.holdout_looks, kept.get(HOLDOUT, []))}"
    return said


def measured(where: str, told: int, noted: list[str]) -> str:
    """Where, how often by a flag, and which models the run noted -> a sentence about it."""
    if told:
        return f"Models were measured on {where} {times(told)}, this one included."
    if not noted:
        return f"How often models were measured on {where} was not recorded."
    others = len(noted) - 1
    count = f"{others} other model{'s' * (others > 1)}" if others else "no other model"
    return f"In this run {count} {'were' if others > 1 else 'was'} measured on {where}."


def times(count: int) -> str:
    """A count -> how often, in words."""
    return "once" if count == 1 else f"{count} times"


def run_values(run: RunSettings) -> dict[str, str]:
    """A run's folder -> what it says of its training faces and time, in words."""
    faces, checkpoint = run.folder("crops") / FACES_FILE, last_complete(run.folder("checkpoints"))
    missed = json.loads(faces.read_text())["dropped"].get("train", {}) if faces.is_file() else {}
    minutes = (
        f"{read_mark(checkpoint)['seconds'] / 60:.0f} minutes"
        if checkpoint
        else "an unrecorded time"
    )
    return {
        "training_faces": f"{missed['of'] - missed['missed']} faces to train on"
        if "of" in missed
        else "its training split",
        "dropped": f" ({missed['missed']} of {missed['of']})" if "of" in missed else "",
        "compute": f"Compute: {minutes} on one machine for the last run.",
    }
