"""Crops -> older methods and the model on the same faces: `python -m train.baselines`.

Eigenfaces (Turk and Pentland 1991) with a support vector machine, a small CNN, and, as detectors,
the Haar cascade (Viola and Jones 2001) against MTCNN. `baselines/cnn/model` may be a `--teacher`.
"""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, Image
from PIL import Image as Picture
from PIL import ImageOps
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from face_gender.crops import GREY, crop_face
from face_gender.runtime.files import write_text
from face_gender.scores import softmax

from ..common.cli import run_stage
from ..common.errors import StageError
from ..common.files import check_made, save_picture
from ..common.run_recipe import keep_recipe
from ..crops.read import FACES_FILE, as_cropped, load_crops, read_row
from ..data import CALIBRATION, LABEL, PHOTO, TEST, TRAIN, load_splits
from ..evaluate.compare import Answers, compare_models, write_comparison
from ..evaluate.findings import OURS
from ..evaluate.protocol import center_face
from ..evaluate.stage import answer, digest_of, median_share, note_baselines
from ..export.to_onnx import write_model_onnx
from ..fit.augment import middle
from ..fit.calibrate import fit_scale
from ..fit.stage import fit_crops
from ..settings import (
    AugmentSettings,
    BaselineSettings,
    CropSettings,
    FitSettings,
    RunSettings,
    values_of,
    with_values,
)

SIDE = 100  # px of the grey faces
BORDER = 0.35  # of the photo's longer side, grey, all around: it may help with faces at the edge
EIGENFACES, PENALTIES = (50, 100), (1.0, 10.0, 100.0)  # the grid
KNOWN = ("eigenfaces", "cnn", "detectors")


def to_grey(crop: Picture.Image) -> np.ndarray:
    """A square crop -> 10,000 grey levels in 0..1."""
    return np.asarray(crop.convert("L").resize((SIDE, SIDE)), np.float32).ravel() / 255


def grey_crops(split: Dataset, size: int) -> np.ndarray:
    """Stored crops -> (n, 10000) grey levels of what serving would see."""
    return np.stack([to_grey(middle(row[PHOTO], size)) for row in split])


def grey_test_row(row: dict[str, Any], share: float, size: int, margin: float) -> dict[str, Any]:
    """A test photo's row -> its face in `grey`, found and cut as for the model."""
    photo, faces = read_row(row, size, margin)
    crop = crop_face(photo, faces[0] if faces else center_face(photo, share), size, margin)
    return {"grey": to_grey(Picture.fromarray(crop))}


def grey_test(test: Dataset, share: float, crop: CropSettings) -> np.ndarray:
    """Test photos -> (n, 10000)."""
    photos = test.cast_column(PHOTO, Image(decode=False))
    options = {"share": share, "size": crop.crop_size, "margin": crop.margin_used}
    cores = min(os.cpu_count() or 1, len(test))
    made = photos.map(
        grey_test_row,
        fn_kwargs=options,
        num_proc=cores,
        remove_columns=test.column_names,
        desc="grey faces",
    )
    return np.array(made["grey"], np.float32)


def fit_eigenfaces(faces: np.ndarray, labels: np.ndarray, seed: int) -> GridSearchCV:
    """(n, 10000) and n labels -> the best of a grid of eigenfaces and RBF machines."""
    most = (
        min(len(faces) * 2 // 3, faces.shape[1]) - 1
    )  # eigenfaces that one of three folds can have
    steps = [("pca", PCA(whiten=True, svd_solver="randomized", random_state=seed)), ("svm", SVC())]
    grid = {
        "pca__n_components": sorted({min(most, count) for count in EIGENFACES}),
        "svm__C": PENALTIES,
    }
    return GridSearchCV(Pipeline(steps), grid, cv=3).fit(faces, labels)


def machine_logits(machine: GridSearchCV, faces: np.ndarray) -> np.ndarray:
    """(n, 10000) -> (n, classes) distances from the boundary."""
    sides = np.asarray(machine.decision_function(faces))
    return np.stack([-sides, sides], axis=1) if sides.ndim == 1 else sides


def draw_eigenfaces(machine: GridSearchCV, path: Path, shown: int = 15) -> None:
    """The mean face and the first eigenfaces, side by side."""
    pca: PCA = machine.best_estimator_["pca"]
    faces = [pca.mean_, *pca.components_[:shown]]
    levels = [(face - face.min()) / max(float(np.ptp(face)), 1e-9) * 255 for face in faces]
    save_picture(
        Picture.fromarray(
            np.hstack([level.reshape(SIDE, SIDE) for level in levels]).astype(np.uint8)
        ),
        path,
    )


def eigenface_answers(run: RunSettings, crop: CropSettings, settings: BaselineSettings) -> Answers:
    """A run -> scores of eigenfaces on its test photos, calibrated like the model's."""
    splits, test = load_crops(run, crop), load_splits(run.folder("data"))[TEST]
    train = (
        splits[TRAIN]
        .shuffle(seed=run.seed)
        .select(range(min(settings.svm_faces, len(splits[TRAIN]))))
    )
    machine = fit_eigenfaces(grey_crops(train, crop.crop_size), np.array(train[LABEL]), run.seed)
    print(f"eigenfaces: {machine.best_params_}, {machine.best_score_:.4f} in cross-validation")
    draw_eigenfaces(machine, run.folder("baselines") / "eigenfaces.png")
    calibration = machine_logits(machine, grey_crops(splits[CALIBRATION], crop.crop_size))
    temperature, bias = fit_scale(calibration, np.array(splits[CALIBRATION][LABEL]))
    logits = machine_logits(machine, grey_test(test, median_share(run), crop))
    return Answers(softmax((logits + bias) / temperature), np.array(test[LABEL]))


def cnn_answers(
    run: RunSettings,
    crop: CropSettings,
    augmentation: AugmentSettings,
    fit: FitSettings,
    settings: BaselineSettings,
) -> Answers:
    """A run -> a small ResNet trained on its crops, and its answers."""
    folder = run.folder("baselines") / "cnn"
    fit_crops(
        load_crops(run, crop),
        folder,
        run,
        crop,
        augmentation,
        cnn_settings(fit, settings.cnn_epochs),
    )
    write_model_onnx(folder / "model", folder / "model" / "model.onnx")
    return answer(run, load_splits(run.folder("data"))[TEST], folder / "model")


def cnn_settings(fit: FitSettings, epochs: float) -> FitSettings:
    """The model's settings -> the small CNN's: from scratch, at its own pace, without a teacher."""
    plain = values_of(FitSettings())
    start = (
        "base_model",
        "teacher",
        "views",
        "consistency_weight",
        "average_weights",
    )
    pace = ("learning_rate", "layer_decay", "head_factor", "freeze_epochs", "muon")
    kept = {name: plain[name] for name in (*start, *pace)}
    return with_values(fit, network="resnet", epochs=epochs, **kept)


def found_by(test: Dataset, photos: int) -> dict[str, float]:
    """Test photos -> the share in which each detector finds a face; the cascade needs OpenCV 4."""
    some = test.cast_column(PHOTO, Image(decode=False)).select(range(min(photos, len(test))))
    read = [read_row(row, SIDE, 0.0) for row in some]
    shares = {"MTCNN": float(np.mean([bool(faces) for _, faces in read]))}
    if not find_spec("cv2"):
        print("Haar cascade skipped: pip install 'opencv-python-headless<5'")
        return shares
    import cv2

    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    for name, border in (("Haar cascade", 0.0), (f"Haar cascade, {BORDER:.0%} border", BORDER)):
        grey = [np.asarray(framed(picture.pixels, border).convert("L")) for picture, _ in read]
        shares[name] = float(
            np.mean([len(cascade.detectMultiScale(each, 1.1, 5)) > 0 for each in grey])
        )
    return shares


def framed(pixels: np.ndarray, border: float) -> Picture.Image:
    """A photo -> the same with a grey border, in shares of its longer side."""
    return ImageOps.expand(
        Picture.fromarray(pixels), round(border * max(pixels.shape[:2])), (GREY,) * 3
    )


def measure_baselines(
    run: RunSettings,
    crop: CropSettings,
    augmentation: AugmentSettings,
    fit: FitSettings,
    settings: BaselineSettings,
) -> None:
    """Crops and the run's model -> comparison.md, comparison.json and detectors.json."""
    wanted = [name for name in settings.baselines.split(",") if name]
    if not set(wanted) <= set(KNOWN):
        raise StageError(f"--baselines takes any of {','.join(KNOWN)}, got {settings.baselines}.")
    folder, test = run.folder("baselines"), load_splits(run.folder("data"))[TEST]
    check_made(run.folder("crops"), FACES_FILE)
    crop = as_cropped(run, crop)
    models = {OURS: answer(run, test, run.folder("model"))}
    if "eigenfaces" in wanted:
        models["eigenfaces and SVM"] = eigenface_answers(run, crop, settings)
    if "cnn" in wanted:
        models["small CNN"] = cnn_answers(run, crop, augmentation, fit, settings)
    rows = compare_models(models)
    rows[0]["onnx_sha256"] = digest_of(run.folder("model"))
    write_comparison(rows, folder)
    note_baselines(run)
    keep_recipe(run, settings)
    if "detectors" in wanted:
        shares = found_by(test, settings.detector_photos)
        write_text(folder / "detectors.json", json.dumps(shares, indent=1) + "\n")
        print("any face found:", ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(
        measure_baselines,
        RunSettings,
        CropSettings,
        AugmentSettings,
        FitSettings,
        BaselineSettings,
        arguments=arguments,
    )
