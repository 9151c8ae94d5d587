"""A folder or a name on the Hub -> what a model says of itself; the only serving module that imports huggingface_hub."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from .settings import BUNDLED_MODEL, ModelSettings

ONNX_NAMES = ("model.onnx", "onnx/model.onnx")  # ours, and where the Hub's exporters put it
CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
WEIGHTS = "*.safetensors*"


@dataclass(frozen=True)
class Model:
    """A model folder, as read; nothing of it is loaded yet.

    name, revision: what answers, for results: the Hub's name and commit, or the folder's and the hash of its ONNX file
    labels: class names in the order of the scores
    margin: of a face box's longer side, added on each side of the crop
    threshold: least score that is a decision, 0..1; 0 where the model does not abstain
    """

    name: str
    revision: str
    folder: Path
    labels: tuple[str, ...]
    margin: float
    threshold: float
    processor: dict[str, Any]

    @property
    def onnx(self) -> Path | None:
        """The file that is served, where there is one."""
        found = (self.folder / name for name in ONNX_NAMES)
        return next((path for path in found if path.is_file()), None)


def open_model(settings: ModelSettings = ModelSettings()) -> Model:
    """Settings -> the model they name, pulled from the Hub unless it is a folder.

    Raises ValueError where there is none, or it is not an image-classification model.
    """
    folder = Path(settings.model_id)
    if folder.is_dir():
        name = "bundled" if settings.model_id == BUNDLED_MODEL else folder.resolve().name
        return _read_model(folder, name, "", settings.margin)
    folder = _pull(settings.model_id, settings.model_revision or None)
    return _read_model(folder, settings.model_id, folder.name, settings.margin)


def _pull(model_id: str, revision: str | None) -> Path:
    """The ONNX file if the repository has one, its weights if not."""
    try:
        folder = Path(snapshot_download(model_id, revision=revision, allow_patterns=[CONFIG, PROCESSOR, *ONNX_NAMES]))
        if not any((folder / name).is_file() for name in ONNX_NAMES):
            snapshot_download(model_id, revision=revision, allow_patterns=[CONFIG, PROCESSOR, WEIGHTS])
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ValueError(f"The model {model_id!r} is no folder here, and could not be pulled from the Hub: {error}") from error
    return folder


def _read_model(folder: Path, name: str, revision: str, margin: float) -> Model:
    config = _read_json(folder / CONFIG)
    if "id2label" not in config:
        raise ValueError(f"{folder / CONFIG} names no classes (id2label): not an image-classification model.")
    ours = config.get("face_gender", {})
    model = Model(
        name=name,
        revision=revision,
        folder=folder,
        labels=tuple(config["id2label"][key] for key in sorted(config["id2label"], key=int)),
        margin=float(ours.get("margin", margin)),
        threshold=float(ours.get("threshold", 0.0)),
        processor=_read_json(folder / PROCESSOR),
    )
    return model if revision or model.onnx is None else _with_hash(model, model.onnx)


def _with_hash(model: Model, onnx: Path) -> Model:
    digest = sha256(onnx.read_bytes()).hexdigest()
    return Model(**{**vars(model), "revision": f"sha256:{digest[:12]}"})


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is missing or damaged: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} should hold a JSON object, got {type(found).__name__}.")
    return found
