"""card_figures: what is singled out, and what is not."""

import pytest

from train.publish.card_figures import children, failures, harder, percent, unevenness


@pytest.mark.parametrize(("share", "text"), [(None, "-"), (0.0, "0.0 %"), (0.98765, "98.8 %")])
def test_percent(share, text):
    assert percent(share) == text


def group(accuracy: float, n: int = 100, interval: tuple[float, float] = (0.0, 1.0)) -> dict:
    return {"accuracy": accuracy, "n": n, "interval": list(interval), "bare_accuracy": 0.9}


FEW = "Whether errors are spread evenly is not known: no two groups have 50 faces."
EVEN = "The groups of at least 50 faces are equally often right."
NO_WORST = "- No group of at least 50 faces is worse than another.\n"


@pytest.mark.parametrize(
    ("groups", "conditions", "uneven", "worst"),
    [
        ({}, {}, FEW, NO_WORST),
        ({"label": {"a": group(0.2, 49), "b": group(0.9)}}, {}, FEW, NO_WORST),
        ({"label": {"a": group(0.9), "b": group(0.9)}}, {}, EVEN, NO_WORST),
        (
            {"label": {"a": group(0.8), "b": group(0.9), "c": group(0.1, 49)}},
            {"mask": group(0.9), "blur": group(0.95)},
            "Errors are not spread evenly: 80.0 % of a and 90.0 % of b faces are labelled "
            "correctly.",
            "- label: a is wrong most often, 20 of 100.\n- No condition costs accuracy.\n",
        ),
        (
            {"label": {"a": group(0.9)}, "label x age": {"a 1": group(0.7), "a 2": group(1.0)}},
            {"mask": group(0.85), "blur": group(0.95)},
            "Errors are not spread evenly: among groups that cross class and column, 70.0 % of "
            "a 1 and 100.0 % of a 2 faces are labelled correctly.",
            "- label x age: a 1 is wrong most often, 30 of 100.\n"
            "- mask: costs the most accuracy, 5.0 points.\n",
        ),
    ],
    ids=["empty", "few faces", "ties", "ties of conditions", "crossed"],
)
def test_only_groups_of_enough_faces_that_differ_are_singled_out(groups, conditions, uneven, worst):
    metrics = {"groups": groups, "robustness": conditions}
    assert unevenness(metrics) == uneven
    assert failures(metrics) == worst


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({}, "Covered, blurred, dim and small faces were not measured."),
        ({"mask": group(0.85, interval=(0.8, 0.91))}, "None of the conditions measured below"),
        ({"mask": group(0.8, interval=(0.7, 0.89)), "dim": group(0.9)}, "as they are: mask."),
    ],
)
def test_what_is_harder_is_what_was_measured_so(conditions, said):
    assert said in harder({"robustness": conditions})


@pytest.mark.parametrize(
    ("bands", "worst"),
    [
        ({}, False),
        ({"3-9": group(0.7, interval=(0.6, 0.8))}, False),
        (
            {
                "3-9": group(0.7, interval=(0.6, 0.8)),
                "20 and over": group(0.9, interval=(0.85, 0.95)),
            },
            True,
        ),
        (
            {
                "3-9": group(0.7, 20, interval=(0.6, 0.8)),
                "20 and over": group(0.9, interval=(0.85, 0.95)),
            },
            False,
        ),
    ],
)
def test_figures_are_worst_for_children_only_where_that_was_measured(bands, worst):
    assert (children({"groups": {"age band": bands}}) != "children") == worst
