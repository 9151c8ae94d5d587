"""Crops -> scores: the plain pipeline, the checkpoint and the ONNX file agree."""

import json
import shutil

import numpy as np
import onnx
import pytest
import torch
from datasets import ClassLabel, Dataset, Features
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    ConvNextImageProcessor,
    pipeline,
)

from face_gender.crops import crop_face
from face_gender.model_folder import open_model
from face_gender.photo import open_photo
from face_gender.scores import OnnxScorer, TorchScorer, crop_size, load_scorer, softmax, to_tensor
from face_gender.settings import BUNDLED_MODEL, ModelSettings
from tests.conftest import LABELS
from train.common.errors import StageError
from train.export.quantize import early, quantize, score_file, true_labels
from train.export.to_onnx import write_model_onnx


@pytest.fixture(scope="module")
def crops(astronaut, finder) -> list[np.ndarray]:
    """Forty looks at one face, 48 px."""
    rng = np.random.default_rng(0)
    photo = open_photo(astronaut)
    face = finder.find_faces(photo)[0]
    crop = crop_face(photo, face, 64, 0.3)
    corners = rng.integers(0, 17, (40, 2))
    return [
        np.clip(crop[y : y + 48, x : x + 48] * rng.uniform(0.5, 1.3), 0, 255).astype(np.uint8)
        for x, y in corners
    ]


def copy_without(folder, to, *names):
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(*names))
    return to


def test_no_crops_no_scores(small_model):
    assert load_scorer(ModelSettings(str(small_model))).score_crops([]).shape == (0, 2)


def test_rows_are_probabilities_that_differ(small_model, crops):
    scores = load_scorer(ModelSettings(str(small_model))).score_crops(crops)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    assert scores[:, 0].std() > 1e-3


def test_a_score_does_not_hang_on_the_other_faces(crops):
    scorer = load_scorer(ModelSettings(BUNDLED_MODEL, threads=2))
    sized = [
        np.asarray(Image.fromarray(crop).resize((scorer.size, scorer.size))) for crop in crops[:6]
    ]
    alone = np.concatenate([scorer.score_crops([crop]) for crop in sized])
    np.testing.assert_array_equal(scorer.score_crops(sized), alone)


def test_onnx_agrees_with_the_checkpoint_in_float32(small_model, crops):
    onnx = OnnxScorer(open_model(ModelSettings(str(small_model)))).score_crops(crops)
    torch_ = TorchScorer(open_model(ModelSettings(str(small_model)))).score_crops(crops)
    np.testing.assert_allclose(onnx, torch_, atol=1e-5)


def pipeline_scores(folder, crops) -> np.ndarray:
    classify = pipeline("image-classification", model=str(folder), device="cpu")
    found = classify([Image.fromarray(crop) for crop in crops], top_k=None)
    return np.array(
        [
            [{item["label"]: item["score"] for item in one}[label] for label in LABELS]
            for one in found
        ]
    )


def test_plain_pipeline_gives_the_same_scores(small_model, crops):
    scores = load_scorer(ModelSettings(str(small_model))).score_crops(crops)
    np.testing.assert_allclose(pipeline_scores(small_model, crops), scores, atol=5e-3)


@pytest.fixture(scope="module")
def bundled_floats(tmp_path_factory):
    """The bundled model in float; to export it takes most of a minute."""
    path = tmp_path_factory.mktemp("bundled") / "float.onnx"
    write_model_onnx(open_model().folder, path)
    return path


def test_bundled_model_agrees_with_pipeline_and_checkpoint(crops, bundled_floats):
    """The float twin is held to the checkpoint here, int8 to float on many faces below."""
    crops = crops[:10]
    scores = score_file(open_model().folder, bundled_floats, crops)
    model = open_model(ModelSettings(BUNDLED_MODEL))
    np.testing.assert_allclose(TorchScorer(model).score_crops(crops), scores, atol=1e-5)
    np.testing.assert_allclose(pipeline_scores(BUNDLED_MODEL, crops), scores, atol=5e-3)


@pytest.fixture(scope="module")
def floats(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("floats") / "float.onnx"
    write_model_onnx(small_model, path)
    return path


@pytest.mark.parametrize(
    ("share", "narrowing", "count"),
    [(1 / 3, False, 4), (1 / 2, True, 1), (1, True, 2), (0, False, 0)],
)
def test_early_matrices_may_stay_in_float(floats, tmp_path, share, narrowing, count):
    kept = early(floats, share, narrowing)
    assert (
        len(kept) == count
    )  # of each of two layers: queries, keys, values and projection; the MLP's second
    every = integer_matrices(floats, tmp_path / "every.onnx", [])
    assert every - integer_matrices(floats, tmp_path / "fewer.onnx", kept) == len(kept)


def integer_matrices(floats, ints, kept):
    quantize(floats, ints, kept)
    return sum(node.op_type == "MatMulInteger" for node in onnx.load(ints).graph.node)


@pytest.mark.slow
def test_served_file_against_float_on_hundreds_of_faces(fairface_photos, finder, bundled_floats):
    scorer = load_scorer()
    photos = [open_photo(photo) for photo in fairface_photos[:400]]
    found = [(photo, faces[0]) for photo in photos if (faces := finder.find_faces(photo))]
    crops = [crop_face(photo, face, scorer.size, scorer.model.margin) for photo, face in found]
    floats = score_file(scorer.model.folder, bundled_floats, crops)
    served = scorer.score_crops(crops)
    assert (floats.argmax(axis=1) == served.argmax(axis=1)).mean() >= 0.995
    assert np.median(np.abs(floats - served)) <= 0.01


@pytest.mark.parametrize(
    "settings",
    [
        {"size": {"height": 48, "width": 48}},
        {"size": {"height": 30, "width": 30}, "resample": 3},
        {
            "size": {"height": 48, "width": 48},
            "image_mean": [0.1, 0.2, 0.3],
            "image_std": [0.3, 0.2, 0.1],
        },
        {"size": {"height": 48, "width": 48}, "do_rescale": False, "do_normalize": False},
    ],
)
def test_tensor_is_the_image_processors(crops, settings, tmp_path):
    processor = AutoImageProcessor.from_pretrained(
        _saved_processor(tmp_path, settings), backend="pil"
    )
    expected = processor([Image.fromarray(crop) for crop in crops[:3]], return_tensors="np")[
        "pixel_values"
    ]
    np.testing.assert_allclose(to_tensor(crops[:3], processor.to_dict()), expected, atol=1e-5)


def _saved_processor(folder, settings):
    basis = {
        "image_processor_type": "ViTImageProcessor",
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "resample": 2,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps({**basis, **settings}))
    return folder


def test_centre_crop_after_resizing(crops):
    settings = {
        "size": {"shortest_edge": 48},
        "do_center_crop": True,
        "crop_size": {"height": 32, "width": 32},
    }
    tensor = to_tensor(crops[:2], {**settings, "image_mean": [0.0] * 3, "image_std": [1.0] * 3})
    np.testing.assert_allclose(tensor[0].transpose(1, 2, 0) * 255, crops[0][8:40, 8:40], atol=1e-3)


@pytest.mark.parametrize("size", [{}, {"height": 20, "width": 30}, {"longest_edge": 30}])
def test_sizes_that_are_no_square(size):
    with pytest.raises(ValueError, match="squares of a fixed size"):
        crop_size({"size": size})


def test_any_image_classification_model_without_our_keys(small_model, crops, tmp_path):
    folder = copy_without(small_model, tmp_path / "other", "model.onnx")
    config = json.loads((folder / "config.json").read_text())
    del config["face_gender"]
    (folder / "config.json").write_text(json.dumps(config))
    scorer = load_scorer(ModelSettings(str(folder), margin=0.35))
    assert isinstance(scorer, TorchScorer)
    assert (scorer.model.margin, scorer.model.threshold) == (0.35, 0.0)
    ours = load_scorer(ModelSettings(str(small_model)))
    np.testing.assert_allclose(scorer.score_crops(crops), ours.score_crops(crops), atol=1e-5)


def test_a_network_of_another_family(crops, tmp_path):
    from transformers import ConvNextConfig, ConvNextForImageClassification

    config = ConvNextConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[8, 8, 8, 8],
        image_size=64,
        id2label={0: "a", 1: "b", 2: "c"},
    )
    ConvNextForImageClassification(config).save_pretrained(tmp_path)
    ConvNextImageProcessor(size={"shortest_edge": 64}, crop_pct=1.0).save_pretrained(tmp_path)
    scorer = load_scorer(ModelSettings(str(tmp_path)))
    assert scorer.model.labels == ("a", "b", "c")
    assert scorer.score_crops(crops).shape == (40, 3)


def test_labels_come_from_the_config_in_the_order_of_the_scores(small_model, crops, tmp_path):
    folder = shutil.copytree(small_model, tmp_path / "swapped")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"1": LABELS[0], "0": LABELS[1]}
    (folder / "config.json").write_text(json.dumps(config))
    assert load_scorer(ModelSettings(str(folder))).model.labels == LABELS[::-1]


def test_labels_as_networks_of_timm_list_them(small_model, tmp_path):
    folder = shutil.copytree(small_model, tmp_path / "timm")
    config = json.loads((folder / "config.json").read_text())
    del config["id2label"]
    (folder / "config.json").write_text(json.dumps({**config, "label_names": ["b", "a"]}))
    assert load_scorer(ModelSettings(str(folder))).model.labels == ("b", "a")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
        (
            lambda folder: (folder / "config.json").write_text("{"),
            "config.json is missing or damaged",
        ),
        (lambda folder: (folder / "config.json").write_text("{}"), "names no classes"),
        (
            lambda folder: (folder / "preprocessor_config.json").unlink(),
            "preprocessor_config.json is missing",
        ),
        (
            lambda folder: (folder / "model.onnx").write_bytes(b"no network"),
            "could not be opened as an ONNX",
        ),
    ],
)
def test_damaged_folders_are_named(small_model, tmp_path, damage, said):
    folder = shutil.copytree(small_model, tmp_path / "damaged")
    damage(folder)
    with pytest.raises(ValueError, match=said):
        load_scorer(ModelSettings(str(folder)))


def set_config(name, **values):
    def change(folder):
        config = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**config, **values}))

    return change


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (set_config("config.json", id2label=None), "names no classes"),
        (set_config("config.json", id2label=["a", "b"]), "names no classes"),
        (set_config("config.json", id2label={"0": "a", "1": "a"}), "different classes"),
        (set_config("config.json", id2label={"0": "a", "1": "uncertain"}), "got .'a', 'uncertain'"),
        (
            set_config("config.json", id2label={"0": "a", "1": "photo"}),
            "got .'a', 'photo'",
        ),
        (set_config("config.json", id2label={"0": "a", "1": "b", "2": "c"}), "do not fit"),
        (set_config("config.json", face_gender=None), "should hold numbers"),
        (set_config("config.json", face_gender={"margin": "wide"}), "should hold numbers"),
        (set_config("config.json", face_gender={"margin": -0.5}), "margin in 0"),
        (set_config("config.json", face_gender={"threshold": float("nan")}), "threshold in 0"),
        (set_config("preprocessor_config.json", size=0), "squares of a fixed size"),
        (set_config("preprocessor_config.json", size=50), "do not fit"),
        (set_config("preprocessor_config.json", image_std=None), "should give 2 scores"),
        (set_config("preprocessor_config.json", do_center_crop=True), "do not fit"),
        (lambda folder: (folder / "model.onnx").write_bytes(b""), "could not be opened as an ONNX"),
    ],
)
def test_folders_whose_files_disagree_are_refused_before_any_photo(
    small_model, tmp_path, damage, said
):
    folder = shutil.copytree(small_model, tmp_path / "odd")
    damage(folder)
    with pytest.raises(ValueError, match=said):
        load_scorer(ModelSettings(str(folder)))


def test_int8_of_a_small_network_still_reads_crops(small_model, crops, tmp_path):
    quantize(small_model / "model.onnx", tmp_path / "int8.onnx")
    ints = score_file(small_model, tmp_path / "int8.onnx", crops)
    floats = score_file(small_model, small_model / "model.onnx", crops)
    assert (tmp_path / "int8.onnx").stat().st_size < (small_model / "model.onnx").stat().st_size
    np.testing.assert_allclose(ints, floats, atol=0.1)


def test_labels_are_told_by_name():
    part = Dataset.from_dict(
        {"label": [0, 1, 1]}, features=Features({"label": ClassLabel(names=["Male", "Female"])})
    )
    assert true_labels(part, ["Female", "Male"]).tolist() == [1, 0, 0]
    with pytest.raises(StageError, match="'Male', 'Female'"):
        true_labels(part, ["a", "b"])


@pytest.mark.parametrize(
    ("logits", "scores"),
    [([[0, 0]], [[0.5, 0.5]]), ([[1000, 0]], [[1, 0]]), ([[-1000, -1000]], [[0.5, 0.5]])],
)
def test_softmax(logits, scores):
    np.testing.assert_allclose(softmax(np.array(logits, np.float32)), scores)


def test_weights_are_stored_in_half_precision(small_model):
    model = AutoModelForImageClassification.from_pretrained(small_model)
    assert model.dtype == torch.float16
