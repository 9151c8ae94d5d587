"""plots: well-formed pictures, whatever the figures."""

import xml.etree.ElementTree as ElementTree

import pytest

from face_gender.metrics import Bin
from face_gender.report.charts import (
    Axes,
    Bar,
    draw_bars,
    draw_confusion,
    draw_reliability,
    draw_risk_coverage,
)

BINS = [Bin(0.6, 0.5, (0.3, 0.7), 10), Bin(0.95, 1.0, (0.8, 1.0), 10)]


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (draw_bars("None", []), "None"),
        (
            draw_bars(
                "Shares", [Bar("<b>&", 0.5, (0.2, 0.8), 1234, "#009E73"), Bar("b", 0, (0, 1), 0)]
            ),
            "1,234 faces",
        ),
        (draw_bars("Accuracy", [Bar("a", 0.4, (0.3, 0.6), 9)], low=0.5), "40.0 %"),
        (draw_reliability([]), "no faces"),
        (draw_reliability(BINS), "0.50 right at confidence 0.60"),
        (draw_risk_coverage([]), "no faces"),
        (draw_risk_coverage([(0.5, 0.0), (1.0, 0.1)]), "10.0 % of the decisions"),
        (draw_risk_coverage([(0.5, 0.0), (1.0, 0.1)], 0.6), "deciding on 50 %"),
        (draw_risk_coverage([(0.5, 0.0), (1.0, 0.1)], 0.0), "deciding on 50 %"),
        (draw_confusion([], []), "Confusion"),
        (draw_confusion([[3, 1], [0, 0]], ["a<", "b"]), "labelled a<"),
    ],
)
def test_well_formed_and_says_in_words_what_it_shows(drawn, said):
    root = ElementTree.fromstring(drawn)
    words = " ".join([*root.itertext(), *(part.get("aria-label", "") for part in root.iter())])
    assert said in words
    assert "nan" not in drawn


def test_points_stay_inside_the_frame():
    axes = Axes("x", "y", (0.5, 1), (0, 0.1))
    assert axes.at(0.5, 0) == axes.at(-9, -9) == "46.0,212.0"
    assert axes.at(1, 0.1) == axes.at(9, 9) == "306.0,12.0"
