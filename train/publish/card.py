"""metrics.json + settings -> README.md of the model folder: `python -m train.publish.card`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from PIL import Image

from face_gender.crops import crop_face
from face_gender.faces import FaceFinder
from face_gender.photo import open_photo
from face_gender.runtime.files import write_text
from face_gender.settings import VERSION

from ..common.cli import run_stage
from ..common.errors import StageError
from ..common.files import check_made, save_picture
from ..common.run_recipe import keep_recipe
from ..data import TEST, TRAIN
from ..data.split_files import VALIDATION
from ..data.stage import REPORT
from ..evaluate.findings import sentences
from ..fit.checkpoints import read_settings, with_held
from ..models.origin import public_name
from ..settings import AugmentSettings, CardSettings, DataSettings, FitSettings, RunSettings
from .card_figures import Figures, figure_values
from .card_licence import note_data, stated_licence, weights_from
from .card_words import looks, names_of, race_words, run_values
from .licences import why
from .provenance import base_on_the_hub, data_of_sources, made_of, recipe, start_of

TEMPLATE = Path(__file__).with_name("card.md")
EXAMPLE = Path(__file__).parents[2] / "space" / "examples" / "astronaut.jpg"  # NASA, public domain
NAMELESS = "USER/face-gender"  # the model's name in the card until it is published


def write_card(
    run: RunSettings,
    data: DataSettings,
    fit: FitSettings,
    card: CardSettings = CardSettings(),
    augmentation: AugmentSettings = AugmentSettings(),
) -> None:
    """Model folder with config and metrics -> its card, and the example that the card shows.

    The run's own settings win over the flags, except for the name of a checkpoint. Raises
    StageError if the flags name other data than the run's.
    """
    check_made(run.folder("model"), "config.json", "metrics.json")
    folder, held = run.folder("model"), read_settings(run.folder("checkpoints"))
    base_model = fit.architecture.base_model or held.get("base_model", "")
    fit = with_held(fit, held | {"base_model": base_model})
    metrics = json.loads((folder / "metrics.json").read_text())
    config = json.loads((folder / "config.json").read_text())
    write_example(folder / "example.png", config["face_gender"]["margin"])
    report = read_report(run)
    data = data_of(report, data, card)
    name, licence = card.data_name or public_name(data.data), stated_licence(run, card)
    config = note_data(folder / "config.json", name, licence)
    carved = bool(report) and TEST not in report["source"]  # the test is part of the train split
    split = split_tested(report, data, carved)
    values = figure_values(metrics) | text_values(config, data, fit, card)
    values |= {"looks": looks(run, metrics, card), "race": race_words(metrics, fit)}
    values["findings"] = sentences(metrics)
    values["split"] = f"{'Photos held out of the' if carved else 'Held-out'} split `{split}`"
    used = names_of(with_held(augmentation, held)) if fit.schedule.epochs else "none"
    values |= run_values(run) | {"augmentations": used}
    head = card_data(metrics, config, data, fit, split)
    filled = ModelCard.from_template(head, template_path=str(TEMPLATE), **values)
    write_text(folder / "README.md", str(filled) + "\n")
    keep_recipe(run, card)


def read_report(run: RunSettings) -> Figures:
    """A run -> its data stage's report; empty if there is none."""
    report = run.folder("data") / REPORT
    return json.loads(report.read_text()) if report.is_file() else {}


def data_of(report: Figures, data: DataSettings, card: CardSettings) -> DataSettings:
    """The data stage's report, and the flags -> the data that the card names. Raises StageError."""
    if card.data_name or "data" not in report:
        return data
    if Path(report["data"]).resolve() != Path(data.data).resolve():
        raise StageError(
            f"The run used {report['data']}, not {data.data}: give --data or --data_name."
        )
    return replace(data, data_config=report["config"], data_revision=report["revision"])


def write_example(path: Path, margin: float) -> None:
    """Write Eileen Collins' face as the pipeline expects it, for the widget."""
    photo = open_photo(EXAMPLE)
    save_picture(
        Image.fromarray(crop_face(photo, FaceFinder().find_faces(photo)[0], 224, margin)), path
    )


def split_tested(report: Figures, data: DataSettings, carved: bool) -> str:
    """The data stage's report, and the flags -> the source's name of the split that was tested."""
    named = report.get("splits", {})
    if carved:
        return str(named.get(TRAIN, data.train_split))
    return str(named.get(TEST) or data.test_split or VALIDATION)


def card_data(
    metrics: Figures, config: dict[str, Any], data: DataSettings, fit: FitSettings, split: str
) -> ModelCardData:
    """Figures, settings and the source's split that was tested on -> the card's metadata."""
    name = config["trained_on"]["name"]
    example = f"https://huggingface.co/{NAMELESS}/resolve/main/example.png"
    of_the_hub = [each for each in dict.fromkeys((name, *data_of_sources(config))) if "/" in each]
    return ModelCardData(
        license=weights_from(config)[0],
        library_name="transformers",
        pipeline_tag="image-classification",
        base_model=base_on_the_hub(fit, config),
        datasets=of_the_hub or None,
        metrics=["accuracy", "f1"],
        tags=["face", "perceived-gender", "onnx"],
        widget=[{"src": example, "example_title": "Eileen Collins (NASA)"}],
        model_name="face-gender",
        eval_results=eval_results(metrics["all"], data, name, split),
    )


def eval_results(whole: Figures, data: DataSettings, name: str, split: str) -> list[EvalResult]:
    """Figures of all photos -> the results that the Hub shows beside the card."""
    measured = {
        "accuracy": whole["accuracy"],
        "f1": whole["macro_f1"],
        "expected_calibration_error": whole["ece"],
    }
    return [
        EvalResult(
            task_type="image-classification",
            dataset_type=name,
            dataset_name=name,
            dataset_config=data.data_config or None,
            dataset_split=split,
            dataset_revision=data.data_revision or None,
            metric_type=metric,
            metric_value=round(value, 4),
        )
        for metric, value in measured.items()
    ]


def text_values(
    config: dict[str, Any], data: DataSettings, fit: FitSettings, card: CardSettings
) -> dict[str, Any]:
    """Settings -> the template's values that are words."""
    ours = config["face_gender"]
    architecture = config.get("architecture") or config["architectures"][0]
    return {
        "name": "face-gender",
        "model_id": NAMELESS,
        "network": f"A {architecture.removesuffix('ForImageClassification')}",
        "threshold": f"{ours['threshold']:.3f}",
        "margin": ours["margin"],
        "temperature": f"{ours['temperature']:.3f}",
        "data": config["trained_on"]["name"],
        "version": VERSION,
        "revision": f" at revision {data.data_revision}" if data.data_revision else "",
        "data_note": f" ({card.data_note})" if card.data_note else "",
        "history": f" {card.history}" if card.history else "",
        "data_licence": config["trained_on"].get("licence") or "its licence was not stated",
        "weights_licence": why(*weights_from(config)),
        "contact": card.contact,
        "start": start_of(fit, config),
        "made_of": made_of(config),
        "recipe": recipe(fit),
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(
        write_card,
        RunSettings,
        DataSettings,
        FitSettings,
        CardSettings,
        AugmentSettings,
        arguments=arguments,
    )


if __name__ == "__main__":
    main()
