"""Scores of several models on the same faces -> a table, with tests against the first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from face_gender.metrics import calibration_error, confidence_and_right, risk_coverage, wilson
from face_gender.runtime.files import write_text

DRAWS = 10_000


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's (n, classes) scores, and the n true labels."""

    scores: np.ndarray
    labels: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """For each of n faces, whether the label is right."""
        return confidence_and_right(self.scores, self.labels)[1]


def compare_models(models: Mapping[str, Answers]) -> list[dict[str, Any]]:
    """Names and answers -> a row each: accuracy, ECE, AURC, and the difference from the first."""
    first = next(iter(models.values()), None)
    rows = []
    for name, answers in models.items():
        confidence, right = confidence_and_right(answers.scores, answers.labels)
        row = {
            "model": name,
            "n": len(right),
            "accuracy": float(right.mean()),
            "interval": list(wilson(int(right.sum()), len(right))),  # as in metrics.json
            "ece": calibration_error(confidence, right),
            "aurc": float(risk_coverage(confidence, right).mean()),
        }
        if first and answers is not first:
            gain = right.astype(float) - first.right
            row |= {
                "difference": float(gain.mean()),
                "difference_interval": bootstrap(gain),
                "p": mcnemar(first.right, right),
            }
        rows.append(row)
    return rows


def mcnemar(one: np.ndarray, other: np.ndarray) -> float:
    """Whether two models were right, n each -> exact p of their difference (McNemar 1947)."""
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if not only_one + only_other:
        return 1.0
    return float(binomtest(only_one, only_one + only_other).pvalue)


def bootstrap(values: np.ndarray) -> list[float]:
    """N values, few of them distinct -> 95 % bootstrap interval of their mean (Efron 1979)."""
    kinds, counts = np.unique(values, return_counts=True)
    drawn = np.random.default_rng(0).multinomial(len(values), counts / len(values), DRAWS)
    low, high = np.quantile(drawn @ kinds / len(values), (0.025, 0.975))
    return [float(low), float(high)]


def to_markdown(rows: list[dict[str, Any]]) -> str:
    """Rows -> a Markdown table."""
    lines = [
        "| model | n | accuracy | 95 % | ECE | AURC | against the first | p (McNemar) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        against = p = ""
        if "p" in row:
            against, p = (
                f"{_points(row['difference'])} [{_span(row['difference_interval'])}]",
                f"{row['p']:.3g}",
            )
        figures = f"{_points(row['accuracy'])} | {_span(row['interval'])}"
        figures += f" | {row['ece']:.3f} | {row['aurc']:.3f}"
        lines.append(f"| {row['model']} | {row['n']} | {figures} | {against} | {p} |")
    return "\n".join(lines) + "\n"


def write_comparison(rows: list[dict[str, Any]], folder: Path) -> None:
    """Rows -> comparison.json and comparison.md, also printed."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "comparison.json", json.dumps(rows, indent=1) + "\n")
    write_text(folder / "comparison.md", to_markdown(rows))
    print(to_markdown(rows), end="")


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _span(interval: list[float]) -> str:
    return " to ".join(_points(edge) for edge in interval)
