"""Figures of a test -> whether the model is worth using: against one answer for all, and baselines.

`metrics.json` has it under `findings`; the card, `make evaluate` and `make publish` say it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from face_gender.report.rendering import percent

OURS = "this model"  # its row in a comparison with baselines

Figures = dict[str, Any]


def find(figures: Figures, baselines: list[Figures]) -> Figures:
    """Figures, and a comparison's rows of the same photos -> the test's majority, better baselines.

    The majority is the class that is most frequent in the test, with its share.
    """
    counts = np.array(figures["all"]["confusion"]).sum(axis=1)
    most = int(counts.argmax())
    ours = figures["all"]["accuracy"]
    return {
        "majority": {
            "label": figures["labels"][most],
            "share": float(counts[most] / counts.sum()),
        },
        "better_baselines": [
            {name: row[name] for name in ("model", "accuracy", "n")}
            for row in baselines
            if row["model"] != OURS and row["accuracy"] > ours
        ],
    }


def sentences(figures: Figures) -> list[str]:
    """The figures of metrics.json -> why not to use this model, in sentences; empty if it holds."""
    findings = figures.get("findings")
    if not findings:
        return []
    return [*against_majority(figures["all"], findings["majority"]), *against_baselines(figures)]


def against_majority(whole: Figures, majority: Figures) -> list[str]:
    """Figures of all photos, and the test's majority -> a sentence if these do not tell them apart.

    whole: with accuracy, interval and n
    """
    label, share = majority["label"], majority["share"]
    (low, high), n = whole["interval"], whole["n"]
    if share == 1:
        return [f"All {n} test photos are {label}: their accuracy says nothing about the model."]
    if low > share:
        return []
    better = "is worse than" if high < share else "may be no better than"
    return [
        f"This model {better} always answering {label}, which is right on {percent(share)} of the "
        f"{n} test photos: its accuracy is {percent(whole['accuracy'])}, "
        f"by its 95 % interval {percent(low)} to {percent(high)}."
    ]


def against_baselines(figures: Figures) -> list[str]:
    """The figures of metrics.json -> a sentence for each baseline that is right more often."""
    return [
        f"The baseline {row['model']} is better: right on {percent(row['accuracy'])} of the same "
        f"{row['n']} photos, this model on {percent(figures['all']['accuracy'])}."
        for row in figures["findings"]["better_baselines"]
    ]


def read_baselines(comparison: Path, onnx_sha256: str) -> list[Figures]:
    """A comparison.json and the digest of a model.onnx -> its rows; none if of another model."""
    rows: list[Figures] = json.loads(comparison.read_text()) if comparison.is_file() else []
    return rows if any(row.get("onnx_sha256") == onnx_sha256 for row in rows) else []
