"""A model folder's metrics.json -> the figures it publishes, checked; None without one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .groups import natural_order
from .metrics import Bin
from .model_files import METRICS
from .report.charts import Bar


@dataclass(frozen=True)
class Published:
    """What a model's held-out test gave; shares in 0..1.

    whole: every photo; where no face was found, the middle of the photo was scored
    missed, with_misses: photos without a found face; every photo, counting those as errors, if
    published
    coverage, covered: at the threshold it decides on `coverage` of the faces, right on `covered`
    groups: a column such as "label x race" -> its groups; "circumstance" -> masked, blurred, ...
    reliability, curve: empty where they were not published
    """

    whole: Bar
    missed: int
    with_misses: Bar | None
    threshold: float
    ece: float
    coverage: float
    covered: float
    groups: dict[str, list[Bar]]
    reliability: list[Bin]
    curve: list[tuple[float, float]]

    def __post_init__(self) -> None:
        """Raises ValueError where a share is none."""
        for share in (self.whole.share, self.threshold, self.ece, self.coverage, self.covered):
            if not 0 <= share <= 1:
                raise ValueError(f"A share should be in 0..1, got {share}.")


def read_published(folder: Path) -> Published | None:
    """A model folder -> its published figures; None if metrics.json is missing or different."""
    try:
        return _to_published(json.loads((folder / METRICS).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _to_published(figures: dict[str, Any]) -> Published:
    whole, with_misses = figures["all"], figures.get("misses_as_errors")
    groups = {**figures.get("groups", {}), "circumstance": figures.get("robustness", {})}
    return Published(
        whole=_to_bar("every photo", whole),
        missed=int(figures.get("missed", 0)),
        with_misses=_to_bar("every photo", with_misses) if with_misses else None,
        threshold=float(figures["threshold"]),
        ece=float(whole["ece"]),
        coverage=float(whole["coverage"]),
        covered=float(whole["covered"]["accuracy"]),
        groups={column: _to_bars(group) for column, group in groups.items() if group},
        reliability=[_to_bin(each) for each in whole.get("reliability", [])],
        curve=[(float(share), float(risk)) for share, risk in whole.get("risk_coverage", [])],
    )


def _to_bars(groups: dict[str, Any]) -> list[Bar]:
    """Groups with a face in them, ages by number."""
    return [
        _to_bar(name.replace("_", " "), groups[name])
        for name in natural_order(groups)
        if groups[name]["n"]
    ]


def _to_bar(name: str, figure: dict[str, Any]) -> Bar:
    low, high = figure["interval"]
    return Bar(name, float(figure["accuracy"]), (float(low), float(high)), int(figure["n"]))


def _to_bin(each: dict[str, Any]) -> Bin:
    low, high = each["interval"]
    return Bin(
        float(each["confidence"]),
        float(each["accuracy"]),
        (float(low), float(high)),
        int(each["n"]),
    )
