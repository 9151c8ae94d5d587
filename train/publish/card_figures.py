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
        "classes_counted": len(metrics["labels"]),
        "misses": misses(metrics),
        "bare": percent(metrics["found"]["accuracy"]),
        "f1": f"{whole['macro_f1']:.3f}",
        "ece": f"{whole['ece']:.3f}",
        "ece_of_perfect": " to ".join(f"{edge:.3f}" for edge in whole["ece_of_perfect"]),
        "aurc": f"{whole['aurc']:.3f}",
        "coverage": percent(whole["coverage"]),
        "covered": percent(whole["covered"]["accuracy"]),
        "unevenness": unevenness(metrics),
        "harder": harder(metrics),
        "children": children(metrics),
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


def large(groups: Figures) -> Figures:
    """Groups -> those with enough faces to be singled out."""
    return {
        name: each
        for name, each in groups.items()
        if each["n"] >= ENOUGH and each["accuracy"] is not None
    }


def unevenness(metrics: Figures) -> str:
    """Figures -> the gaps between large groups, of classes and crossed with them, in words."""
    by_label = large(metrics["groups"].get("label", {}))
    crossed = {
        name: each
        for column, groups in metrics["groups"].items()
        if column.startswith("label x ")
        for name, each in large(groups).items()
    }
    said = {"": by_label, "among groups that cross class and column, ": crossed}
    sentences = [among + gap(groups) for among, groups in said.items() if is_uneven(groups)]
    if sentences:
        return f"Errors are not spread evenly: {'; '.join(sentences)}."
    compared = len(by_label) > 1 or len(crossed) > 1
    return (
        f"The groups of at least {ENOUGH} faces are equally often right."
        if compared
        else f"Whether errors are spread evenly is not known: no two groups have {ENOUGH} faces."
    )


def is_uneven(groups: Figures) -> bool:
    """Whether two groups differ in accuracy."""
    return len({each["accuracy"] for each in groups.values()}) > 1


def gap(groups: Figures) -> str:
    """Groups -> the least and the most accurate, in words."""
    (least, worst), *_, (most, best) = sorted(groups.items(), key=lambda item: item[1]["accuracy"])
    low, high = percent(worst["accuracy"]), percent(best["accuracy"])
    return f"{low} of {least} and {high} of {most} faces are labelled correctly"


def failures(metrics: Figures) -> str:
    """Figures -> the worst large group of every column and the worst condition, as a list."""
    lines = []
    for column, groups in metrics["groups"].items():
        if is_uneven(found := large(groups)):
            name, worst = min(found.items(), key=lambda item: item[1]["accuracy"])
            wrong = round((1 - worst["accuracy"]) * worst["n"])
            lines.append(f"- {column}: {name} is wrong most often, {wrong} of {worst['n']}.")
    lines = lines or [f"- No group of at least {ENOUGH} faces is worse than another."]
    if metrics["robustness"]:
        name, worst = min(metrics["robustness"].items(), key=lambda item: item[1]["accuracy"])
        lost = 100 * (worst["bare_accuracy"] - worst["accuracy"])
        costs = f"- {name}: costs the most accuracy, {lost:.1f} points."
        lines.append(costs if lost > 0 else "- No condition costs accuracy.")
    return "\n".join(lines) + "\n"


def misses(metrics: Figures) -> str:
    """Figures -> how photos without a found face count, in words; empty if there are none."""
    missed, every = metrics["missed"], metrics["all"]["n"]
    if not missed:
        return ""
    return (
        f"In {missed} of the {every} photos the detector found no face. The first line scores the "
        "middle\nof these photos instead, which only the evaluation does. "
    )


def harder(metrics: Figures) -> str:
    """Figures -> the conditions that lower accuracy beyond chance, in words."""
    tried = metrics["robustness"]
    if not tried:
        return "Covered, blurred, dim and small faces were not measured."
    worse = [name for name, each in tried.items() if each["interval"][1] < each["bare_accuracy"]]
    return (
        f"Harder than the same faces as they are: {', '.join(worse)}."
        if worse
        else "None of the conditions measured below lowers accuracy beyond chance."
    )


def children(metrics: Figures) -> str:
    """Figures -> "children", and that the figures are worst for them where that was measured."""
    bands = large(metrics["groups"].get("age band", {}))
    adults = bands.pop("20 and over", None)
    worst = (
        adults
        and bands
        and all(each["interval"][1] < adults["interval"][0] for each in bands.values())
    )
    return "children, for whom the figures below are worst" if worst else "children"


def percent(share: float | None) -> str:
    """0..1 -> percent with one decimal; a dash for None."""
    return "-" if share is None else f"{100 * share:.1f} %"
