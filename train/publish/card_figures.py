"""metrics.json -> the figures of the model card, as table cells and sentences."""

from typing import Any

from ..data import HOLDOUT

ENOUGH = 50  # faces that a group needs to be singled out
KEPT_APART = "second test, kept apart from the training photos"
Figures = dict[str, Any]


def figure_values(metrics: Figures) -> dict[str, Any]:
    """Figures -> the template's values that are figures."""
    whole = metrics["all"]
    return {
        "labels": ", ".join(metrics["labels"]),
        "sha": metrics["onnx_sha256"],
        "n": whole["n"],
        "missed": metrics["missed"],
        "bare": percent(metrics["found"]["accuracy"]),
        "f1": f"{whole['macro_f1']:.3f}",
        "ece": f"{whole['ece']:.3f}",
        "ece_of_perfect": " to ".join(f"{edge:.3f}" for edge in whole["ece_of_perfect"]),
        "aurc": f"{whole['aurc']:.3f}",
        "coverage": percent(whole["coverage"]),
        "covered": percent(whole["covered"]["accuracy"]),
        "unevenness": unevenness(metrics),
        "failures": failures(metrics),
        **table_rows(metrics),
    }


def table_rows(metrics: Figures) -> dict[str, list[dict[str, Any]]]:
    """Figures -> the rows of the card's tables."""
    overall = {"all": metrics["all"]}
    overall |= {KEPT_APART: metrics[HOLDOUT]["all"]} if HOLDOUT in metrics else {}
    overall |= {"found faces only": metrics["found"]}
    overall |= {"misses as errors": metrics["misses_as_errors"]}
    overall["whole picture, uncropped"] = metrics["whole_picture"]
    groups = {
        f"{column}: {name}": each
        for column, found in metrics["groups"].items()
        for name, each in found.items()
    }
    return {
        "overall": [result_row(name, each) for name, each in overall.items()],
        "classes": class_rows(metrics),
        "groups": [
            {
                **result_row(name, each),
                "coverage": percent(each["coverage"]),
                "missed": each["missed"],
            }
            for name, each in groups.items()
        ],
        "worse": [
            {**result_row(name, each), "same": percent(each["same_label"])}
            for name, each in metrics["robustness"].items()
        ],
    }


def result_row(name: str, figure: Figures) -> dict[str, Any]:
    """A figure -> the cells that every table has."""
    interval = " to ".join(percent(edge) for edge in figure["interval"])
    return {
        "name": name,
        "accuracy": percent(figure["accuracy"]),
        "interval": interval,
        "n": figure["n"],
    }


def class_rows(metrics: Figures) -> list[dict[str, str]]:
    """Figures -> a row for each class."""
    kinds = ("precision", "recall", "f1")
    return [
        {"name": name} | {kind: percent(metrics["all"][kind][number]) for kind in kinds}
        for number, name in enumerate(metrics["labels"])
    ]


def unevenness(metrics: Figures) -> str:
    """Figures -> the gap between classes, and between a class's groups, in words."""
    by_label = metrics["groups"].get("label", {})
    crossed = [
        groups for column, groups in metrics["groups"].items() if column.startswith("label x ")
    ]
    large = {
        name: each for groups in crossed for name, each in groups.items() if each["n"] >= ENOUGH
    }
    said = {"": by_label, f"among groups of at least {ENOUGH} faces, ": large}
    sentences = [among + gap(groups) for among, groups in said.items() if len(groups) > 1]
    return "; ".join(sentences) + "." if sentences else "see the groups below."


def gap(groups: Figures) -> str:
    """Groups -> the least and the most accurate, in words."""
    (least, worst), *_, (most, best) = sorted(groups.items(), key=lambda item: item[1]["accuracy"])
    low, high = percent(worst["accuracy"]), percent(best["accuracy"])
    return f"{low} of {least} and {high} of {most} faces are labelled correctly"


def failures(metrics: Figures) -> str:
    """Figures -> the worst group of every column and the worst condition, as a list."""
    lines = []
    for column, groups in metrics["groups"].items():
        name, worst = min(groups.items(), key=lambda item: item[1]["accuracy"])
        wrong = round((1 - worst["accuracy"]) * worst["n"])
        lines.append(f"- {column}: {name} is wrong most often, {wrong} of {worst['n']}.")
    if metrics["robustness"]:
        name, worst = min(metrics["robustness"].items(), key=lambda item: item[1]["accuracy"])
        lost = 100 * (worst["bare_accuracy"] - worst["accuracy"])
        lines.append(f"- {name}: costs the most accuracy, {lost:.1f} points.")
    return "\n".join(lines) + "\n"


def percent(share: float | None) -> str:
    """0..1 -> percent with one decimal; a dash for None."""
    return "-" if share is None else f"{100 * share:.1f} %"
