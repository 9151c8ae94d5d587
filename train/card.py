"""metrics.json + settings -> README.md of the model folder: `python -m train.card`."""

import json
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from space.face_gender.tables import write_text

from .settings import DataSettings, FitSettings, RunSettings, parse

TEMPLATE = Path(__file__).with_name("card.md")
NAMELESS = "USER/face-gender"  # what the card calls the model until it is published


def write_card(run: RunSettings, data: DataSettings, fit: FitSettings) -> None:
    """Read the model folder's config and metrics, write its card."""
    folder = run.folder("model")
    metrics, config = (json.loads((folder / name).read_text()) for name in ("metrics.json", "config.json"))
    card = ModelCard.from_template(
        card_data(metrics, data), template_path=str(TEMPLATE), **card_values(metrics, config["face_gender"], data, fit)
    )
    write_text(folder / "README.md", str(card) + "\n")


def card_data(metrics: dict[str, Any], data: DataSettings) -> ModelCardData:
    """Figures -> the card's metadata."""
    result = EvalResult(
        task_type="image-classification",
        dataset_type=data.data,
        dataset_name=data.data,
        dataset_split=data.test_split,
        metric_type="accuracy",
        metric_value=round(metrics["all"]["accuracy"], 4),
    )
    return ModelCardData(
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag="image-classification",
        datasets=[data.data],
        metrics=["accuracy", "f1"],
        model_name="face-gender",
        eval_results=[result],
    )


def card_values(metrics: dict[str, Any], ours: dict[str, Any], data: DataSettings, fit: FitSettings) -> dict[str, Any]:
    """Figures and settings -> what the template's blanks are filled with."""
    whole = metrics["all"]
    return {
        "name": "face-gender",
        "model_id": NAMELESS,
        "data": data.data,
        "labels": ", ".join(metrics["labels"]),
        "threshold": f"{ours['threshold']:.3f}",
        "margin": ours["margin"],
        "sha": metrics["onnx_sha256"],
        "n": whole["n"],
        "missed": metrics["missed"],
        "rows": result_rows(metrics),
        "f1": f"{whole['macro_f1']:.3f}",
        "ece": f"{whole['ece']:.3f}",
        "aurc": f"{whole['aurc']:.3f}",
        "coverage": percent(whole["coverage"]),
        "covered": percent(whole["covered"]["accuracy"]),
        "recipe": f"{fit.epochs:g} epochs, batches of {fit.batch_size}, learning rate {fit.learning_rate:g}",
    }


def result_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Figures -> the table's rows: whole, found only, misses as errors, then every group."""
    named = {"all": metrics["all"], "found only": metrics["found"], "misses as errors": metrics["misses_as_errors"]}
    for column, groups in metrics["groups"].items():
        named |= {f"{column}: {name}": group for name, group in groups.items()}
    return [
        {
            "name": name,
            "accuracy": percent(figure["accuracy"]),
            "interval": " to ".join(percent(edge) for edge in figure["interval"]),
            "n": figure["n"],
        }
        for name, figure in named.items()
        if figure["n"]
    ]


def percent(share: float) -> str:
    """0..1 -> percent with one decimal."""
    return f"{100 * share:.1f} %"


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    write_card(*parse(RunSettings, DataSettings, FitSettings, arguments=arguments))


if __name__ == "__main__":
    main()
