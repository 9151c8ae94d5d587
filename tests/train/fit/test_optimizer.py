"""The learning rate of each step, and when the whole network starts to learn."""

import pytest

from train.fit.optimizer import frozen_steps, rate_factor


@pytest.mark.parametrize(
    ("freeze_epochs", "epochs", "steps", "expected"),
    [(0, 0, 0, 0), (0, 4, 40, 0), (1, 4, 40, 10), (0.1, 4, 4000, 100), (4, 4, 40, 40)],
)
def test_frozen_steps(freeze_epochs, epochs, steps, expected):
    assert frozen_steps(freeze_epochs, epochs, steps) == expected


@pytest.mark.parametrize(
    ("step", "frozen", "rising", "expected"),
    [
        (0, 0, 0, 1.0),
        (0, 0, 10, 0.0),
        (5, 0, 10, 0.5),
        (10, 0, 10, 1.0),
        (55, 0, 10, 0.5),
        (100, 0, 10, 0.0),
        (0, 20, 10, 1.0),  # only the classifier learns
        (19, 20, 10, 1.0),
        (20, 20, 10, 0.0),  # the whole network starts from nothing
        (25, 20, 10, 0.5),
        (65, 20, 10, 0.5),
        (100, 20, 10, 0.0),
        (0, 100, 10, 1.0),
        (100, 100, 10, 0.0),
    ],
)
def test_rate_of_a_step(step, frozen, rising, expected):
    assert rate_factor(step, frozen, rising, 100) == pytest.approx(expected)
