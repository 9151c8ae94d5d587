"""Figures and scores -> plots for the model folder."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from sklearn.metrics import roc_curve

from ..common.files import save_picture
from .compare import Answers

matplotlib.use("Agg")
INK, FAINT, BLUE, ORANGE = (
    "#222222",
    "#aaaaaa",
    "#0072b2",
    "#d55e00",
)  # told apart by colour-blind people


def write_plots(
    figures: dict[str, Any],
    answers: Answers,
    folder: Path,
    history: Sequence[dict[str, float]] = (),
) -> None:
    """Draw all plots of a model, one PNG each; history: of its training, if it is known."""
    save(draw_confusion(figures), folder / "confusion.png")
    save(draw_roc(answers, figures["labels"]), folder / "roc.png")
    save(draw_reliability(figures), folder / "reliability.png")
    save(draw_risk_coverage(figures), folder / "risk_coverage.png")
    save(draw_groups(figures), folder / "groups.png")
    if history:
        save(draw_training(history), folder / "training.png")


def new_plot(
    title: str, across: str, up: str, size: tuple[float, float] = (4.5, 4.0)
) -> tuple[Figure, Axes]:
    """Titles -> an empty plot; size in inches."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot(title=title, xlabel=across, ylabel=up)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Write a plot without its date: the same figures give the same file."""
    packed = io.BytesIO()
    figure.savefig(packed, dpi=120, metadata={"Software": None})
    save_picture(Image.open(packed), path)


def draw_confusion(figures: dict[str, Any]) -> Figure:
    """True class by row, predicted class by column."""
    counts, names = np.array(figures["all"]["confusion"]), figures["labels"]
    figure, axes = new_plot("Confusion", "predicted", "true")
    axes.imshow(counts / counts.sum(axis=1, keepdims=True).clip(1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(counts):
        share = count / max(1, counts[row].sum())
        axes.text(
            column,
            row,
            f"{count}\n{share:.1%}",
            ha="center",
            va="center",
            color="white" if share > 0.5 else INK,
        )
    return figure


def draw_roc(answers: Answers, names: list[str]) -> Figure:
    """Each class against the others."""
    figure, axes = new_plot("ROC", "false positive rate", "true positive rate")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for number, name in enumerate(names):
        if 0 < (answers.labels == number).sum() < len(answers.labels):
            wrong, right, _ = roc_curve(answers.labels == number, answers.scores[:, number])
            axes.plot(wrong, right, label=name, linestyle=("-", "--", ":")[number % 3])
    axes.legend(frameon=False)
    return figure


def draw_reliability(figures: dict[str, Any]) -> Figure:
    """Accuracy of bins of equal mass against their confidence, with 95 % intervals."""
    figure, axes = new_plot(
        f"Reliability (ECE {figures['all']['ece']:.3f})", "confidence", "accuracy"
    )
    axes.plot([0.5, 1], [0.5, 1], color=FAINT, linewidth=1)
    for each in figures["all"]["reliability"]:
        axes.plot([each["confidence"]] * 2, each["interval"], color=BLUE, linewidth=1)
        axes.plot(each["confidence"], each["accuracy"], "o", color=BLUE, markersize=4)
    return figure


def draw_risk_coverage(figures: dict[str, Any]) -> Figure:
    """Error rate by the share of faces that are decided, with the model's threshold."""
    whole = figures["all"]
    figure, axes = new_plot(
        f"Risk and coverage (AURC {whole['aurc']:.3f})", "coverage", "error rate"
    )
    axes.plot(*zip(*whole["risk_coverage"], strict=True), color=BLUE)
    axes.axvline(
        whole["coverage"],
        color=ORANGE,
        linestyle="--",
        label=f"threshold {figures['threshold']:.3f}",
    )
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure


def draw_groups(figures: dict[str, Any]) -> Figure:
    """Accuracy of every group with its 95 % interval."""
    bars = [
        (f"{column}: {name}", each)
        for column, groups in figures["groups"].items()
        for name, each in groups.items()
    ]
    figure, axes = new_plot(
        "Accuracy by group", "accuracy, 95 % interval", "", (6.5, 1 + 0.2 * len(bars))
    )
    for place, (_, each) in enumerate(bars):
        axes.plot(each["interval"], [place, place], color=BLUE, linewidth=1)
        axes.plot(each["accuracy"], place, "o", color=BLUE, markersize=3)
    axes.axvline(figures["all"]["accuracy"], color=FAINT, linewidth=1)
    axes.set_yticks(range(len(bars)), [f"{name} ({each['n']})" for name, each in bars], fontsize=7)
    axes.invert_yaxis()
    return figure


def training_history(checkpoints: Path) -> list[dict[str, float]]:
    """A run's checkpoints -> the log of the latest one; empty without any."""
    states = sorted(
        checkpoints.glob("checkpoint-*/trainer_state.json"),
        key=lambda path: int(path.parent.name.split("-")[1]),
    )
    history: list[dict[str, float]] = (
        json.loads(states[-1].read_text())["log_history"] if states else []
    )
    return history


def draw_training(history: Sequence[dict[str, float]]) -> Figure:
    """Loss of training and selection by epoch, and the selection's accuracy."""
    figure, axes = new_plot("Training", "epoch", "loss", (5.5, 4.0))
    beside = axes.twinx()
    for where, key, name, colour in (
        (axes, "loss", "training", FAINT),
        (axes, "eval_loss", "selection", BLUE),
        (beside, "eval_accuracy", "selection's accuracy (right)", ORANGE),
    ):
        points = [(entry["epoch"], entry[key]) for entry in history if key in entry]
        if points:
            where.plot(*zip(*points, strict=True), color=colour, label=name)
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    return figure
