"""tests.bench: how figures are counted and judged."""

import time
from collections import Counter

import pytest

from tests.bench.report import Row
from tests.bench.shares import Clock, in_words


def busy(seconds: float) -> None:
    """Work for so long, by this thread's processor time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_what_a_step_calls_counts_as_that_step():
    clock = Clock()
    inner = clock.watch(busy, "inner")
    outer = clock.watch(lambda: (busy(0.02), inner(0.02)), "outer")
    outer()
    assert {*clock.spent} == {"outer"}
    assert clock.spent["outer"] >= 0.04
    inner(0.01)
    assert clock.spent["inner"] >= 0.01
    with pytest.raises(ZeroDivisionError):
        clock.watch(lambda: 1 / 0, "failing")()
    inner(0.01)
    assert clock.spent["inner"] >= 0.02  # the clock goes on after an error


def test_shares_in_words():
    assert in_words(Counter({"a": 0.25, "b": 0.75})) == "1000 ms: b 75 %, a 25 %"


@pytest.mark.parametrize(
    ("measured", "least", "most", "verdict"),
    [
        ("9.3x [8.8, 9.9] (plain 852 ms)", 9, None, "at least 9 | met"),
        ("7.7x [7.1, 7.9]", 9, None, "at least 9 | missed by 1.3"),
        ("6.5 s [6.4, 6.6]", None, 3.5, "at most 3.5 | missed by 3"),
        ("-0.28 points", -0.3, None, "at least -0.3 | met"),
        ("fp32 31, int8 31", None, None, " | "),
    ],
)
def test_a_figure_against_what_it_should_be(measured, least, most, verdict):
    assert Row("what", measured, "", least, most).verdict() == verdict
