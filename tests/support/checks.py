"""Named outcomes of class folders -> the figures of a check."""

from collections.abc import Iterable, Sequence

from face_gender.evaluation import Check, check_answers, read_answers
from face_gender.result import Outcome


def check_outcomes(
    outcomes: Iterable[tuple[str, Outcome]], labels: Sequence[str], threshold: float
) -> Check:
    """Named outcomes -> the figures, in one call."""
    return check_answers(read_answers(outcomes, labels), labels, threshold)
