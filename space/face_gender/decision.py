"""Scores -> a decision: the best class, or "uncertain" below the threshold."""

from collections.abc import Mapping

from .model_folder import UNCERTAIN


def best_of(scores: Mapping[str, float]) -> str:
    """Scores by class -> the class of the largest."""
    return max(scores, key=lambda name: scores[name])


def decide(scores: Mapping[str, float], threshold: float) -> str:
    """Scores by class -> the class of the largest, or "uncertain" if it is below the threshold."""
    best = best_of(scores)
    return best if scores[best] >= threshold else UNCERTAIN
