"""A check on someone's own photos <-> the file that carries its confusion to other photos."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from .evaluation import Check
from .model_folder import Model
from .report.tables import provenance_of
from .shares import Known

TESTED = "your own check"
LEAST = 30  # faces of each class: fewer say less of the model's errors than its own test


def known_by(check: Check) -> Known | None:
    """A check -> what it says of the model's errors; None where a class had too few faces."""
    counts = np.array(check.confusion)
    return Known(counts, tested=TESTED) if counts.sum(axis=1).min() >= LEAST else None


def write_check(check: Check, reader: Any) -> str:
    """A check, and the reader that it was of -> JSON: labels, confusion, and who was checked."""
    made = provenance_of(reader.threshold, reader.model, reader.revision)
    figures = {
        "labels": list(reader.labels),
        "confusion": check.confusion,
        "accuracy": check.accuracy,
        "interval": check.interval,
        "faces": check.n,
    }
    return json.dumps(figures | made, indent=1) + "\n"


def read_check(path: Path, model: Model) -> Known:
    """What write_check gave -> what it says of the model's errors.

    Raises ValueError where the file is none of these, or of another model.
    """
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        counts, labels = np.array(figures["confusion"], int), tuple(figures["labels"])
        checked = figures["model"], figures["revision"]
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no check: take check.json from the page’s Check tab"
        ) from error
    if labels != model.labels or checked != (model.name, model.revision):
        raise ValueError(f"{path} checked another model: {checked[0]} ({checked[1]})")
    if counts.shape != (len(labels), len(labels)) or (counts < 0).any():
        raise ValueError(f"{path} is no check: take check.json from the page’s Check tab")
    if counts.sum(axis=1).min() < LEAST:
        raise ValueError(f"{path} checked fewer than {LEAST} faces of a class: check more")
    return Known(counts, tested=TESTED)
