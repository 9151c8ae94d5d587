"""A folder or a name on the Hub -> what a model says of itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from .columns import COLUMNS, PROVENANCE
from .model_files import CONFIG, METRICS, ONNX_NAMES, PROCESSOR
from .settings import BUNDLED_MODEL, ModelSettings, from_environment

UNCERTAIN = "uncertain"  # the decision below the threshold
TAKEN = (UNCERTAIN, *COLUMNS, *PROVENANCE)  # words that no class may be called
BUNDLED = "bundled"  # the name of the model that came with the code
LARGEST_MARGIN = 5.0  # of a face box's longer side, on each side


@dataclass(frozen=True)
class Model:
    """A model folder, as read; nothing of it is loaded yet.

    name, revision: which model answers: the Hub's name and commit, or the folder's name and the
    hash of its ONNX file
    labels: class names in the order of the scores
    margin: of a face box's longer side, added on each side of the crop
    threshold: least score that is a decision, 0..1; 0 where the model does not abstain
    origin: for people: which model answers and, where it is not the one that was named, why
    """

    name: str
    revision: str
    folder: Path
    labels: tuple[str, ...]
    margin: float
    threshold: float
    processor: dict[str, Any]
    origin: str

    def __post_init__(self) -> None:
        """Raises ValueError where the config says what cannot be."""
        if len(set(self.labels)) < max(2, len(self.labels)) or set(TAKEN) & set(self.labels):
            raise ValueError(
                f"{self.name} should name two or more different classes, none of them in {TAKEN}, "
                f"got {self.labels}."
            )
        if not (0 <= self.margin <= LARGEST_MARGIN and 0 <= self.threshold <= 1):
            raise ValueError(
                f"{self.name} should have a margin in 0..{LARGEST_MARGIN} and a threshold in 0..1, "
                f"got {self.margin} and {self.threshold}."
            )

    @property
    def onnx(self) -> Path | None:
        """The file that is served, where there is one."""
        found = (self.folder / name for name in ONNX_NAMES)
        return next((path for path in found if path.is_file()), None)


def asked_model(model: str | None, revision: str | None) -> ModelSettings:
    """The model and revision asked for, if any -> settings; the rest comes from the environment.

    The environment's revision belongs to the environment's model. Raises ValueError where a
    folder's revision is asked for.
    """
    settings = from_environment(ModelSettings)
    if model:
        settings = replace(settings, model_id=model, model_revision="")
    if revision and Path(settings.model_id).is_dir():
        raise ValueError(
            f"A revision is of a model on the Hub, but {settings.model_id} is a folder."
        )
    return replace(settings, model_revision=revision or settings.model_revision)


def open_model(settings: ModelSettings = ModelSettings()) -> Model:
    """Settings -> the model they name, pulled from the Hub unless it is a folder.

    Raises ValueError where there is none, or it is not an image-classification model.
    """
    folder, name = Path(settings.model_id), settings.model_id
    if folder.is_dir():
        name = BUNDLED if name == BUNDLED_MODEL else folder.resolve().name
        return _read_model(folder, name, "", settings.margin, f"The {name} model answers.")
    pulled = _hub().pull_model(name, settings.model_revision)
    at = settings.model_revision or pulled.name
    return _read_model(
        pulled, name, pulled.name, settings.margin, f"{name} at {at} answers, pulled from the Hub."
    )


def kept_models(settings: ModelSettings, why: str) -> Iterator[Model]:
    """What can stand in for a Hub model: its cached copies, newest first, then the bundled one.

    why: one sentence for people, which `origin` ends with
    """
    name = settings.model_id
    kept = (
        (copy, name, copy.name, f"The last good copy of {name} ({copy.name[:12]})")
        for copy in _hub().cached_models(name)
    )
    for folder, called, revision, which in chain(
        kept, [(Path(BUNDLED_MODEL), BUNDLED, "", "The bundled model")]
    ):
        try:
            model = _read_model(
                folder, called, revision, settings.margin, f"{which} answers. {why}"
            )
        except ValueError:
            continue
        yield model


def _hub() -> ModuleType:
    """What pulls models; it takes 0.3 s to import, which a model in a folder need not wait for."""
    from . import hub

    return hub


def _read_model(folder: Path, name: str, revision: str, margin: float, origin: str) -> Model:
    config = _read_json(folder / CONFIG)
    labels, ours = _labels_of(config), config.get("face_gender", {})
    if not (
        isinstance(labels, dict)
        and all(key.isdecimal() and isinstance(name, str) for key, name in labels.items())
    ):
        raise ValueError(
            f"{folder / CONFIG} names no classes (id2label): not an image-classification model."
        )
    if not (
        isinstance(ours, dict) and all(isinstance(value, int | float) for value in ours.values())
    ):
        raise ValueError(f"{folder / CONFIG} should hold numbers under face_gender, got {ours!r}.")
    model = Model(
        name=name,
        revision=revision,
        folder=folder,
        labels=tuple(labels[key] for key in sorted(labels, key=int)),
        margin=float(ours.get("margin", margin)),
        threshold=float(ours.get("threshold", 0.0)),
        processor=_read_json(folder / PROCESSOR),
        origin=origin,
    )
    return model if revision or model.onnx is None else _with_hash(model, model.onnx)


def _labels_of(config: dict[str, Any]) -> Any:
    """A config -> class names by number, as text; networks of timm list them under another key."""
    listed = config.get("label_names")
    return (
        {str(number): name for number, name in enumerate(listed)}
        if isinstance(listed, list)
        else config.get("id2label")
    )


def _with_hash(model: Model, onnx: Path) -> Model:
    digest = sha256(onnx.read_bytes()).hexdigest()
    metrics = model.folder / METRICS
    if (
        model.name == BUNDLED
        and metrics.is_file()
        and digest != _read_json(metrics).get("onnx_sha256", digest)
    ):
        raise ValueError(
            f"{onnx} is damaged: its hash is not the one that {METRICS} beside it holds."
        )
    return replace(model, revision=f"sha256:{digest[:12]}")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is missing or damaged: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} should hold a JSON object, got {type(found).__name__}.")
    return found
