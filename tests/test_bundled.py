"""The bundled model folder: its numbers are of the file that is served, and README tells the same."""

import json
from hashlib import sha256

import pytest

from .conftest import ROOT

FOLDER = ROOT / "space" / "model"
METRICS = json.loads((FOLDER / "metrics.json").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def percent(figure) -> str:
    low, high = figure["interval"]
    return f"{100 * figure['accuracy']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def readme_rows() -> list[str]:
    """README's results table, from metrics.json."""
    whole, groups = METRICS["all"], METRICS["groups"]
    crossed = groups["label x race"] if "label x race" in groups else groups["race x label"]
    worst = min(crossed, key=lambda name: crossed[name]["accuracy"])
    rows = {
        "every photo": percent(whole),
        "photos with a found face": percent(METRICS["found"]),
        "a missed face counted as an error": percent(METRICS["misses_as_errors"]),
        **{name: percent(groups["label"][name]) for name in METRICS["labels"]},
        f"worst of {len(crossed)} race x gender groups ({worst})": percent(crossed[worst]),
        "decisions above the threshold": f"{percent(whole['covered'])}, for {100 * whole['coverage']:.1f} % of the faces",
    }
    return [f"| {name} | {value} |" for name, value in rows.items()]


@pytest.mark.parametrize("row", readme_rows())
def test_readme_tells_what_was_measured(row):
    assert row in README


def test_the_measured_file_is_the_served_one():
    assert METRICS["onnx_sha256"] == sha256((FOLDER / "model.onnx").read_bytes()).hexdigest()


def test_nothing_in_the_folder_is_a_pickle_or_a_leftover():
    allowed = {".json", ".safetensors", ".onnx", ".md", ".png", ""}
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} <= allowed
