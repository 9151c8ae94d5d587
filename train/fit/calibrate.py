"""Logits of the calibration split -> temperature, bias and threshold."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from face_gender.scores import softmax

SANE = (
    0.05,
    20.0,
)  # limits of the temperature; for uninformative scores the best one would be infinite


def fit_scale(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """(n, classes) logits, n labels -> the best temperature and a (classes,) bias.

    Scores are softmax((logits + bias) / temperature). This is bias-corrected temperature scaling
    (Alexandari et al. 2020): weights in the loss bias the network, and this corrects it. A standard
    normal prior keeps the bias finite when there are few faces, or only one class.
    """
    scores, truth = torch.from_numpy(logits).double(), torch.from_numpy(labels)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(scores.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_temperature, bias], max_iter=100, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        prior = bias.square().sum() / (2 * len(truth))
        value = cross_entropy((scores + bias) / log_temperature.exp().clip(*SANE), truth) + prior
        value.backward()
        return value

    optimizer.step(loss)
    return float(log_temperature.detach().exp().clip(*SANE)), bias.detach().numpy()


def calibrate(
    logits: np.ndarray, labels: np.ndarray, coverage: float
) -> tuple[dict[str, float], np.ndarray]:
    """Logits, labels -> `temperature` and `threshold`, which `coverage` of faces exceed; bias."""
    logits = logits.astype(np.float32)
    temperature, bias = fit_scale(logits, labels)
    confidence = softmax((logits + bias) / temperature).max(axis=1)
    return {
        "temperature": round(temperature, 6),
        "threshold": round(float(np.quantile(confidence, 1 - coverage)), 4),
    }, bias
