"""Logits of the calibration split -> temperature, bias and threshold."""

import numpy as np
import torch
from scipy.stats import beta
from torch.nn.functional import cross_entropy

from face_gender.metrics import confidence_and_right
from face_gender.scores import softmax

from ..common.expectations import ENOUGH_TO_CALIBRATE, SURE

SANE = (
    0.05,
    20.0,
)  # limits of the temperature; for uninformative scores the best one would be infinite
PRIOR = 0.25  # standard deviation of the temperature's logarithm, before any face is seen
FOLDS = 5
Scale = tuple[float, np.ndarray]


def fit_scale(logits: np.ndarray, labels: np.ndarray) -> Scale:
    """(n, classes) logits, n labels -> the best temperature and a (classes,) bias.

    Scores are softmax((logits + bias) / temperature). This is bias-corrected temperature scaling
    (Alexandari et al. 2020): weights in the loss bias the network, and this corrects it. Normal
    priors on bias and temperature's logarithm keep both near 0 while there are few faces: the
    fewer, the nearer; no face leaves the scores alone.
    """
    if not len(labels):
        return 1.0, np.zeros(logits.shape[1])
    scores, truth = torch.from_numpy(logits).double(), torch.from_numpy(labels)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(scores.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_temperature, bias], max_iter=100, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        prior = bias.square().sum() / 2 + (log_temperature / PRIOR).square() / 2
        fit = cross_entropy((scores + bias) / log_temperature.exp().clip(*SANE), truth)
        value = fit + prior / len(truth)
        value.backward()
        return value

    optimizer.step(loss)
    return float(log_temperature.detach().exp().clip(*SANE)), bias.detach().numpy()


def calibrate(
    logits: np.ndarray, labels: np.ndarray, coverage: float
) -> tuple[dict[str, float], np.ndarray]:
    """Logits, labels -> `temperature` and `threshold`, which `coverage` of faces exceed; bias.

    Few faces are scored by fits to the others, and keep the network's own scores if these are
    better.
    """
    logits = logits.astype(np.float32)
    temperature, bias = fit_scale(logits, labels)
    scores = scaled(logits, (temperature, bias))
    if len(labels) < ENOUGH_TO_CALIBRATE:
        scores, plain = scored_apart(logits, labels), scaled(logits, (1.0, np.zeros_like(bias)))
        if log_loss(plain, labels) <= log_loss(scores, labels):
            temperature, bias, scores = 1.0, np.zeros_like(bias), plain
    return {
        "temperature": round(temperature, 6),
        "threshold": round(threshold_of(scores, labels, coverage), 4),
    }, bias


def scaled(logits: np.ndarray, scale: Scale) -> np.ndarray:
    """(n, classes) logits, temperature and bias -> scores."""
    temperature, bias = scale
    return np.asarray(softmax((logits + bias) / temperature))


def scored_apart(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Logits, labels -> scores of each fifth of the faces by the fit to the other four."""
    scores, fold = np.empty_like(logits), np.arange(len(labels)) % FOLDS
    for number in range(FOLDS):
        out = fold == number
        if out.any():
            scores[out] = scaled(logits[out], fit_scale(logits[~out], labels[~out]))
    return scores


def log_loss(scores: np.ndarray, labels: np.ndarray) -> float:
    """Scores, labels -> mean cross-entropy, in nats."""
    of_labels = np.take_along_axis(scores, labels[:, None], axis=1)
    return float(-np.log(np.maximum(of_labels, np.finfo(np.float32).tiny)).mean())


def threshold_of(scores: np.ndarray, labels: np.ndarray, coverage: float) -> float:
    """Scores, labels -> the score that `coverage` of faces reach, as far as these faces prove it.

    It never exceeds the share that is right among the decided faces, by its one-sided lower bound
    (Clopper and Pearson 1934): a hundred faces without an error cannot tell .97 from certainty.
    """
    confidence, right = confidence_and_right(scores, labels)
    reached = float(np.quantile(confidence, 1 - coverage))
    decided = right[confidence >= reached]
    proven = float(beta.ppf(1 - SURE, decided.sum(), (~decided).sum() + 1)) if decided.any() else 0
    return max(min(reached, proven), 1 / scores.shape[1])
