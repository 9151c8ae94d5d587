"""Model folder -> StageError with every reason not to publish it."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
from huggingface_hub import ModelCard
from PIL import Image
from safetensors import SafetensorError, safe_open
from yaml import YAMLError

from face_gender.crops import crop_face
from face_gender.faces import FaceFinder
from face_gender.model_folder import open_model
from face_gender.photo import open_photo
from face_gender.runtime.folders import walk_folder
from face_gender.scores import OnnxScorer, TorchScorer
from face_gender.settings import ModelSettings

from ..common.errors import StageError
from ..common.files import MAKERS, run_first

EXAMPLE = Path("space/examples/astronaut.jpg")
NEEDED = (
    "README.md",
    "config.json",
    "preprocessor_config.json",
    "model.safetensors",
    "model.onnx",
    "metrics.json",
)
KNOWN = frozenset((".json", ".md", ".txt", ".csv", ".png", ".svg", ".onnx", ".safetensors"))
OF_TRAINING = (
    "optimizer",
    "scheduler",
    "rng_state",
    "trainer_state",
    "training_args",
    "checkpoint",
)
CARD_KEYS = ("license", "library_name", "pipeline_tag", "metrics")
AGREE = 0.03  # median difference of a score; int8 gives about .02, other weights far more


def check_model(folder: Path) -> None:
    """Check a model folder, the cheap way first. Raises StageError with every fault found."""
    faults = check_files(folder)
    if not faults:
        faults = check_card(folder) + check_weights(folder)
    if not faults:
        faults = check_scores(folder)
    if faults:
        raise StageError(" ".join(faults))


def check_files(folder: Path) -> list[str]:
    """Every file is there, and none that does not belong: no pickle, nothing of the optimizer."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    first = next((stage for name, stage in MAKERS.items() if name in missing), "")
    faults = (
        [f"{folder} has no {', '.join(missing)}: {run_first(first, folder)}."] if missing else []
    )
    for path in walk_folder(folder).files:  # hidden and system files are not published
        if path.suffix not in KNOWN:
            faults.append(
                f"{path.name} is of a kind that is not published (only {', '.join(sorted(KNOWN))})."
            )
        elif path.name.startswith(OF_TRAINING) or any(
            part.startswith(OF_TRAINING) for part in path.relative_to(folder).parts
        ):
            faults.append(f"{path.name} belongs to the training run, not to the model.")
    return faults


def check_card(folder: Path) -> list[str]:
    """The card has what the Hub needs, and figures measured on this very ONNX file."""
    metrics = json.loads((folder / "metrics.json").read_text())
    try:
        data = ModelCard.load(folder / "README.md").data
    except (ValueError, YAMLError):
        return ["README.md is not a model card: its metadata is not valid YAML."]
    told = data.to_dict()
    faults = [f"README.md has no {key} in its metadata." for key in CARD_KEYS if not told.get(key)]
    measured = round(metrics["all"]["accuracy"], 4)
    if measured not in [result.metric_value for result in data.eval_results or []]:
        faults.append(
            f"README.md lacks the accuracy of metrics.json ({measured}): run `make card`."
        )
    if metrics["onnx_sha256"] != sha256((folder / "model.onnx").read_bytes()).hexdigest():
        faults.append("metrics.json was measured on another model.onnx: run `make evaluate`.")
    return faults


def check_weights(folder: Path) -> list[str]:
    """Both files of weights can be read, and need no other file."""
    faults = []
    try:
        with safe_open(folder / "model.safetensors", "np") as file:
            if not list(file.keys()):
                faults.append("model.safetensors is empty.")
    except SafetensorError as error:
        faults.append(f"model.safetensors cannot be read: {error}.")
    graph = onnx.load(folder / "model.onnx", load_external_data=False).graph
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in graph.initializer):
        faults.append("model.onnx keeps its weights in another file.")
    return faults


def check_scores(folder: Path) -> list[str]:
    """The ONNX file and the safetensors give the same crops the same scores."""
    try:
        model = open_model(ModelSettings(str(folder)))
        served, trained = OnnxScorer(model), TorchScorer(model)
    except ValueError as error:
        return [str(error)]
    crops = example_crops(served.size, model.margin)
    moved = float(np.median(np.abs(served.score_crops(crops) - trained.score_crops(crops))))
    return (
        [f"model.onnx and model.safetensors disagree: scores differ by {moved:.3f}."]
        if moved > AGREE
        else []
    )


def example_crops(size: int, margin: float) -> list[np.ndarray]:
    """The example's face, moved, flipped, dimmed and inverted -> 24 crops."""
    photo = open_photo(EXAMPLE)
    face = FaceFinder().find_faces(photo)[0]
    wide = Image.fromarray(crop_face(photo, face, size * 2, margin + 0.5))
    crops = []
    for step in range(6):
        edge = size // 4 + step * size // 10
        crop = np.asarray(wide.crop((edge, edge, edge + size, edge + size)))
        crops += [crop, crop[:, ::-1], crop // 2, 255 - crop]
    return crops
