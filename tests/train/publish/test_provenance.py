"""licences, provenance: how a model came to be, and what its licence is."""

import pytest

from train.publish.licences import weights_licence
from train.publish.provenance import recipe, start_of
from train.settings import FitSettings, with_values


@pytest.mark.parametrize(
    ("licences", "weights"),
    [
        ([], "apache-2.0"),
        (["CC BY 4.0", "MIT, as the package says; DINOv2: Apache-2.0"], "apache-2.0"),
        (["apache-2.0", ""], "unknown"),
        (["apache-2.0", "ask me"], "unknown"),
        (["cc-by-4.0, cc-by-sa-4.0"], "cc-by-sa-4.0"),
        (["cc-by-sa-4.0", "CC BY-NC 4.0", "mit"], "cc-by-nc-4.0"),
        (["cc-by-sa-4.0", "gpl-3.0"], "other"),
    ],
)
def test_the_strictest_licence_wins(licences, weights):
    assert weights_licence(licences) == weights


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
        ("runs/second/model", "Fine-tuned from a checkpoint whose name"),
        ("/somewhere/second-model", "Fine-tuned from a checkpoint whose name"),
        ("space/model", "Fine-tuned from a checkpoint whose name"),
    ],
)
def test_no_start_is_a_path(checkpoint, said):
    fit = with_values(FitSettings(), base_model=checkpoint)
    assert start_of(fit, {}).startswith(said)
    if checkpoint:
        measured = with_values(fit, epochs=0.0)
        assert start_of(measured, {}).startswith(
            said.replace("Fine-tuned", "Not trained, only calibrated,")
        )
        assert recipe(measured) == "0 epochs"
