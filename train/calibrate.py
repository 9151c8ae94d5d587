"""Logits of the calibration part -> temperature and threshold."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from space.face_gender.scores import softmax

SANE = (0.05, 20.0)  # temperatures; where the scores say nothing of the labels, the best would be infinite


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """(n, classes) logits and n labels -> the temperature of least cross-entropy (Guo et al. 2017)."""
    scores, truth = torch.from_numpy(logits).double(), torch.from_numpy(labels)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = cross_entropy(scores / log_temperature.exp(), truth)
        value.backward()
        return value

    optimizer.step(loss)
    return float(log_temperature.detach().exp().clip(*SANE))


def calibrate(logits: np.ndarray, labels: np.ndarray, coverage: float) -> dict[str, float]:
    """Logits and labels -> `temperature`, and the `threshold` above which `coverage` of these faces lie."""
    logits = logits.astype(np.float32)
    temperature = fit_temperature(logits, labels)
    confidence = softmax(logits / temperature).max(axis=1)
    return {"temperature": round(temperature, 6), "threshold": round(float(np.quantile(confidence, 1 - coverage)), 4)}
