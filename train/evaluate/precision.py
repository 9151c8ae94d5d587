"""The weights against the file that is served: `python -m train.evaluate.precision --photos FILE`.

People who call the transformers pipeline get the float weights, the page answers by int8 ONNX.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, Image
from PIL import Image as Picture
from tqdm import tqdm

from face_gender.crops import crop_face
from face_gender.decision import decide
from face_gender.metrics import wilson
from face_gender.scores import Scorer

from ..common.cli import run_stage
from ..common.errors import StageError
from ..common.parallel import in_all_cores
from ..crops.read import read_row
from ..data import PHOTO
from ..settings import PrecisionSettings
from .protocol import scorer

BATCH = 32  # crops
IMAGE = "image"


def compare_precisions(settings: PrecisionSettings) -> None:
    """Print how far the pipeline's scores lie from the page's. Raises StageError without a face."""
    model = scorer(settings.model)
    photos = sample_photos(Path(settings.photos), settings.faces)
    made = in_all_cores(cut_and_score, (photos, settings.model), range(len(photos)))
    found = [each for each in tqdm(made, "faces", len(photos), disable=None) if each is not None]
    if not found:
        raise StageError("No face was found in any of the photos to compare on.")
    crops, served = [crop for crop, _ in found], np.array([scores for _, scores in found])
    figures = figures_of(served, by_pipeline(crops, model), model)
    print(json.dumps(figures, indent=1))


def sample_photos(path: Path, most: int) -> Dataset:
    """A parquet file with the column `image` -> at most that many rows, evenly spread, as bytes."""
    if not path.is_file():
        raise StageError(f"--photos should be a parquet file with the column image, got {path}.")
    photos = Dataset.from_parquet(str(path))
    if IMAGE not in photos.column_names:
        raise StageError(f"{path} has no column image: it has {', '.join(photos.column_names)}.")
    photos = photos.select_columns(IMAGE).rename_column(IMAGE, PHOTO)
    rows = np.linspace(0, len(photos) - 1, min(most, len(photos))).astype(int)
    return photos.select(rows).cast_column(PHOTO, Image(decode=False))


def cut_and_score(photos: Dataset, folder: str, number: int) -> tuple[np.ndarray, Any] | None:
    """A photo -> its largest face's crop and the page's scores of it, or None without a face."""
    reader = scorer(folder)
    photo, faces = read_row(photos[number], reader.size, reader.model.margin)
    if not faces:
        return None
    crop = crop_face(photo, faces[0], reader.size, reader.model.margin)
    return crop, reader.score_crops([crop])[0]


def by_pipeline(crops: list[np.ndarray], model: Scorer) -> np.ndarray:
    """N crops -> (n, classes) scores of the transformers pipeline, in the model's order."""
    from transformers import pipeline

    classify = pipeline(
        "image-classification", model=str(model.model.folder), top_k=None, batch_size=BATCH
    )
    answers = classify([Picture.fromarray(crop) for crop in crops])
    named = [{each["label"]: each["score"] for each in answer} for answer in answers]
    return np.array([[scores[label] for label in model.model.labels] for scores in named])


def figures_of(served: np.ndarray, floats: np.ndarray, model: Scorer) -> dict[str, Any]:
    """(n, classes) scores of the page and of the pipeline -> how many differ, and by how much."""
    labels, threshold = model.model.labels, model.model.threshold
    decided = [
        [decide(dict(zip(labels, row, strict=True)), threshold) for row in scores.tolist()]
        for scores in (served, floats)
    ]
    gaps = np.abs(served - floats).max(axis=1)
    counts = {
        "other_label": int((served.argmax(axis=1) != floats.argmax(axis=1)).sum()),
        "other_decision": sum(one != other for one, other in zip(*decided, strict=True)),
    }
    return {
        "faces": len(served),
        "largest_gap": round(float(gaps.max()), 4),
        "median_gap": round(float(np.median(gaps)), 4),
        **{
            name: {"n": n, "share": n / len(served), "interval": wilson(n, len(served))}
            for name, n in counts.items()
        },
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(compare_precisions, PrecisionSettings, arguments=arguments)


if __name__ == "__main__":
    main()
