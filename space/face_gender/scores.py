"""Crops -> scores; the only place a crop becomes a tensor."""

import os
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from .model_folder import Model, kept_models, open_model
from .onnx_session import NO_NETWORK, Session
from .runtime.thread_pool import SharedPool
from .settings import ModelSettings

BATCH = 4  # crops at a time, by torch: memory does not grow with the crowd


class Scorer(Protocol):
    """What reads crops: a model and the size of the crops it wants."""

    model: Model
    size: int

    def score_crops(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """N crops (size, size, 3) uint8 -> (n, classes) float32, rows sum to 1."""
        ...


class OnnxScorer:
    """A model served by its ONNX file."""

    def __init__(self, model: Model, threads: int = 1) -> None:
        """Open the model's ONNX file. Raises ValueError where it has none.

        threads: share the crops of a photo, and each crop's layers, as most photos have one face
        """
        if model.onnx is None:
            raise ValueError(f"{model.folder} holds no ONNX file.")
        self.model = model
        self.size = crop_size(model.processor)
        self._session, self._pool = Session(model.onnx, threads), SharedPool(threads)
        check_scorer(self)

    def score_crops(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """N crops (size, size, 3) uint8 -> (n, classes) float32, rows sum to 1; of each by itself.

        Together they would share int8's ranges, and a score would depend on the other faces.
        """
        logits = self._pool.map(
            lambda crop: self._session.run(to_tensor([crop], self.model.processor))[0], crops
        )
        return softmax(np.concatenate([np.empty((0, len(self.model.labels)), np.float32), *logits]))


class TorchScorer:
    """Any image-classification model, by transformers and torch."""

    def __init__(self, model: Model) -> None:
        """Load the folder's weights. Raises ValueError without torch, transformers or weights."""
        if not (find_spec("torch") and find_spec("transformers")):
            raise ValueError(
                f"{model.name} has no ONNX file; to serve it, "
                "`pip install torch torchvision transformers`."
            )
        if not any(model.folder.glob("*.safetensors")):
            raise ValueError(
                f"{model.name} has neither an ONNX nor a safetensors file, "
                "and pickled weights are never loaded."
            )
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForImageClassification

        self.model = model
        self.size = crop_size(model.processor)
        self._torch, self._process = torch, os.getpid()
        try:
            self._network = AutoModelForImageClassification.from_pretrained(
                model.folder, dtype=torch.float32, use_safetensors=True
            ).eval()
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            raise ValueError(f"The weights of {model.name} could not be loaded: {error}") from error
        check_scorer(self)

    def __reduce__(self) -> tuple[type["TorchScorer"], tuple[Model]]:
        return TorchScorer, (self.model,)

    def score_crops(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """N crops (size, size, 3) uint8 -> (n, classes) float32, rows sum to 1."""
        if os.getpid() != self._process:
            self._torch.set_num_threads(
                1
            )  # after a fork torch would wait for threads that are its parent's
        logits = [np.empty((0, len(self.model.labels)), np.float32)]
        for start in range(0, len(crops), BATCH):
            batch = self._torch.from_numpy(
                to_tensor(crops[start : start + BATCH], self.model.processor)
            )
            with self._torch.inference_mode():
                logits.append(self._network(batch).logits.numpy())
        return softmax(np.concatenate(logits))


def load_scorer(settings: ModelSettings = ModelSettings(), fall_back: bool = False) -> Scorer:
    """Settings -> the model they name, by its ONNX file where it has one.

    fall_back: if a Hub model cannot be pulled or loaded, its last good copy or the bundled one
    serves
    Raises ValueError where none can be loaded.
    """
    try:
        return _load(open_model(settings), settings.threads)
    except ValueError as error:
        if not fall_back or Path(settings.model_id).is_dir():
            raise
        for model in kept_models(settings, str(error).splitlines()[0]):
            with suppress(ValueError):
                return _load(model, settings.threads)
        raise


def _load(model: Model, threads: int) -> Scorer:
    return OnnxScorer(model, threads) if model.onnx else TorchScorer(model)


def check_scorer(scorer: Scorer) -> None:
    """Score one grey crop, to refuse a model whose files disagree before any photo is read.

    Raises ValueError.
    """
    model = scorer.model
    try:
        scores = scorer.score_crops([np.full((scorer.size, scorer.size, 3), 127, np.uint8)])
    except (KeyError, TypeError, ValueError, RuntimeError, *NO_NETWORK) as error:
        raise ValueError(
            f"{model.name} cannot read a crop, its config and network do not fit: {error}"
        ) from error
    if scores.shape != (1, len(model.labels)) or not np.isfinite(scores).all():
        raise ValueError(
            f"{model.name} should give {len(model.labels)} scores a crop, got {scores.tolist()}."
        )


def crop_size(processor: dict[str, Any]) -> int:
    """An image processor's settings -> side in px to which it resizes a square crop."""
    size = processor.get("size", {})
    size = size if isinstance(size, dict) else {"height": size}
    side = size.get("shortest_edge") or size.get("height")
    if not isinstance(side, int) or side < 1 or size.get("width", side) != side:
        raise ValueError(
            f"The image processor should make squares of a fixed size, got size {size}."
        )
    return side


def to_tensor(crops: Sequence[np.ndarray], processor: dict[str, Any]) -> np.ndarray:
    """Square uint8 crops -> (n, 3, side, side) float32, by the image processor's settings alone."""
    side = crop_size(processor)
    pixels = np.stack([_resize(crop, side, processor) for crop in crops]).astype(np.float32)
    if processor.get("do_center_crop"):
        kept = processor["crop_size"]["height"]
        edge = (side - kept) // 2
        pixels = pixels[:, edge : edge + kept, edge : edge + kept]
    if processor.get("do_rescale", True):
        pixels *= np.float32(processor.get("rescale_factor", 1 / 255))
    if processor.get("do_normalize", "image_mean" in processor):
        pixels = (pixels - np.float32(processor["image_mean"])) / np.float32(processor["image_std"])
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def softmax(logits: np.ndarray) -> np.ndarray:
    """(n, classes) -> probabilities, rows sum to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _resize(crop: np.ndarray, side: int, processor: dict[str, Any]) -> np.ndarray:
    if crop.shape == (side, side, 3):
        return crop
    resample = Image.Resampling(processor.get("resample", Image.Resampling.BILINEAR))
    return np.asarray(Image.fromarray(crop).resize((side, side), resample))
