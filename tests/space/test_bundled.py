"""The bundled model folder: its numbers are of the served file, and README has the same."""

import json
from hashlib import sha256

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "space" / "model"
METRICS = json.loads((FOLDER / "metrics.json").read_text(encoding="utf-8"))
README, RESULTS = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "RESULTS.md")
)


def percent(figure) -> str:
    low, high = figure["interval"]
    return f"{100 * figure['accuracy']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def readme_rows() -> list[str]:
    """README's results table, from metrics.json."""
    whole, groups = METRICS["all"], METRICS["groups"]
    crossed = groups["label x race"] if "label x race" in groups else groups["race x label"]
    worst = min(crossed, key=lambda name: crossed[name]["accuracy"])
    rows = {
        "all photos": percent(whole),
        "missed faces counted as errors": percent(METRICS["misses_as_errors"]),
        f"worst of {len(crossed)} race and gender groups ({worst})": percent(crossed[worst]),
        f"decided faces, {100 * whole['coverage']:.1f} % of all": percent(whole["covered"]),
    }
    return [f"| {name} | {value} |" for name, value in rows.items()]


def target_rows() -> list[str]:
    """RESULTS' table of targets, from metrics.json: what, measured, aim, minimum, met or not."""
    whole, groups, robust = METRICS["all"], METRICS["groups"], METRICS["robustness"]
    right, crossed = 100 * whole["accuracy"], groups["label x race"]
    classes = [100 * group["accuracy"] for group in groups["label"].values()]
    worst = min(crossed, key=lambda name: crossed[name]["accuracy"])
    decided = 100 * whole["covered"]["accuracy"]
    below = right - 100 * crossed[worst]["accuracy"]
    band = " to ".join(f"{100 * edge:.2f}" for edge in whole["ece_of_perfect"])
    rows = [
        ("accuracy", right, "95", 88),
        ("gap between women and men", abs(classes[0] - classes[1]), "1", -4),
        (f"worst group ({worst}), points below overall", below, "93 % right", -7),
    ]
    for ages, aim, least in (
        ("3-9", "88", 74.6),
        ("10-19", "93", 74.8),
        ("20 and over", "97", 87.8),
    ):
        rows.append(
            (f"accuracy, ages {ages}", 100 * groups["age band"][ages]["accuracy"], aim, least)
        )
    rows += [
        ("AURC", 100 * whole["aurc"], "", -6.4),
        ("ECE", 100 * whole["ece"], band, -2),
        ("decided faces, points above overall", decided - right, "98 % right", 3),
    ]
    causes = {
        "mask": "to a face mask",
        "covered hair": "to covered hair",
        "face of 32 px": "at 32 px",
    }
    rows += [
        (f"points lost {why}", 100 * lost(robust[name]), "3", -8) for name, why in causes.items()
    ]
    for name in ("flipped", *(f"box moved {way}" for way in ("left", "right", "up", "down"))):
        rows.append((f"label stability, {name}", 100 * robust[name]["same_label"], "99", 96))
    return [row_of(*row) for row in rows]


def lost(changed) -> float:
    return changed["bare_accuracy"] - changed["accuracy"]


def row_of(name: str, value: float, aim: str, least: float) -> str:
    """least: at most, where negative."""
    spare = value - least if least > 0 else -least - value
    bound = f"{'at least' if least > 0 else 'at most'} {abs(least):g}"
    said = "met" if spare >= 0 else f"missed by {-spare:.2f}"
    return f"| {name} | {value:.2f} | {aim} | {bound} | {said} |"


@pytest.mark.parametrize("row", target_rows())
def test_results_tell_which_targets_are_met(row):
    assert row in RESULTS


@pytest.mark.parametrize("row", readme_rows())
def test_readme_tells_what_was_measured(row):
    assert row in README


def test_the_measured_file_is_the_served_one():
    assert METRICS["onnx_sha256"] == sha256((FOLDER / "model.onnx").read_bytes()).hexdigest()


def test_nothing_in_the_folder_is_a_pickle_or_a_leftover():
    allowed = {".json", ".safetensors", ".onnx", ".md", ".png", ""}
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} <= allowed
