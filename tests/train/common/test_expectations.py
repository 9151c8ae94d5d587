"""What to expect of N faces, in sentences."""

import pytest

from train.common.expectations import of_calibration, of_test, of_training


@pytest.mark.parametrize(
    ("faces", "said"),
    [
        (0, "0 test faces measure an accuracy of 90.0 % as 0.0 % to 100.0 %."),
        (1, "1 test face measure"),
        (50, "50 test faces measure an accuracy of 90.0 % as 78.6 % to 95.7 %."),
    ],
)
def test_few_test_faces_measure_little(faces, said):
    assert of_test(faces).startswith(said.replace("face measure", "face measures"))


@pytest.mark.parametrize(
    ("faces", "base", "said"),
    [
        (0, "", "0 training faces are too few to start from random weights"),
        (1, "some/base", "1 training face: expect little more than some/base knows already"),
        (9_999, "", "9,999 training faces are too few"),
        (10_000, "", "10,000 training faces: enough for any start."),
    ],
)
def test_few_training_faces_want_a_base(faces, base, said):
    assert of_training(faces, base).startswith(said)


def test_few_calibration_faces_bound_the_threshold():
    assert "49 calibration faces are too few to calibrate on" in of_calibration(49)
    assert "at most 0.94" in of_calibration(49)
    assert of_calibration(500) == ""
