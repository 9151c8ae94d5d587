"""Logits and their targets -> the terms of the loss."""

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax


def label_loss(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n, classes) logits, n labels, n weights -> the weighted mean of the cross-entropy."""
    return weighted_mean(cross_entropy(logits, labels, reduction="none"), weights)


def weighted_mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) values, (n,) weights -> the weighted mean."""
    return (values * weights).sum() / weights.sum()


def tilted(teacher: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, classes) a teacher's logits, and weights -> shifted logits; (n,) the faces' weights.

    A label with more weight shifts what the student learns from labels. This shifts what it learns
    from the teacher by the same amount.
    """
    return teacher + weights.log(), (softmax(teacher, dim=1) * weights).sum(1)


def distillation(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """(n, classes) logits of both -> (n,) the distance from the teacher's softened labels.

    The measure of Hinton et al. (2015).
    """
    ours, theirs = (
        log_softmax(student / temperature, dim=1),
        softmax(teacher / temperature, dim=1),
    )
    return kl_div(ours, theirs, reduction="none").sum(1) * temperature**2


def disagreement(logits: torch.Tensor, views: int) -> torch.Tensor:
    """(n, classes) logits, views of a face side by side -> their Jensen-Shannon divergence.

    As in AugMix (Hendrycks et al. 2020).
    """
    each = log_softmax(logits, dim=1).unflatten(0, (-1, views))
    mean = each.exp().mean(1, keepdim=True).log().expand_as(each)
    return kl_div(mean, each, reduction="none", log_target=True).sum(-1).mean()
