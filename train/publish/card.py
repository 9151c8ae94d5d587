"""metrics.json + settings -> README.md of the model folder: `python -m train.publish.card`."""

import json
from dataclasses import asdict, replace
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
from ..crops.read import FACES_FILE
from ..data import HOLDOUT, TEST
from ..data.stage import REPORT
from ..evaluate.findings import sentences
from ..fit.resume import last_complete, read_mark, read_settings, with_held
from ..settings import AugmentSettings, CardSettings, DataSettings, FitSettings, RunSettings
from .card_figures import Figures, figure_values
from .provenance import is_of_the_hub, recipe, start_of

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
    carved = bool(report) and TEST not in report["source"]  # the test is part of the train split
    split = data.train_split if carved else data.test_split
    values = figure_values(metrics) | text_values(metrics, config, data, fit, card)
    values["findings"] = sentences(metrics)
    values["split"] = f"{'Photos held out of the' if carved else 'Held-out'} split `{split}`"
    values |= run_values(run) | {"augmentations": names_of(with_held(augmentation, held))}
    head = card_data(metrics, data, fit, card, split)
    filled = ModelCard.from_template(head, template_path=str(TEMPLATE), **values)
    write_text(folder / "README.md", str(filled) + "\n")
    keep_recipe(run, card)


def names_of(augmentation: AugmentSettings) -> str:
    """Settings -> the augmentations that are used, in words."""
    used = [name for name, reach in asdict(augmentation).items() if reach]
    words = [name.removesuffix("_prob") for name in used if name != "low_res_side"]
    return ", ".join(words).replace("_", " ")


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


def card_data(
    metrics: Figures, data: DataSettings, fit: FitSettings, card: CardSettings, split: str
) -> ModelCardData:
    """Figures, settings and the source's split that was tested on -> the card's metadata."""
    name, base_model = public_name(data, card), fit.architecture.base_model
    example = f"https://huggingface.co/{NAMELESS}/resolve/main/example.png"
    return ModelCardData(
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag="image-classification",
        base_model=base_model if is_of_the_hub(base_model) else None,
        datasets=[name] if "/" in name else None,
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


def public_name(data: DataSettings, card: CardSettings) -> str:
    """The data's name on the Hub, or the last part of its folder."""
    return card.data_name or (
        Path(data.data).resolve().name if Path(data.data).exists() else data.data
    )


def text_values(
    metrics: Figures,
    config: dict[str, Any],
    data: DataSettings,
    fit: FitSettings,
    card: CardSettings,
) -> dict[str, Any]:
    """Settings -> the template's values that are words."""
    ours = config["face_gender"]
    return {
        "name": "face-gender",
        "model_id": NAMELESS,
        "network": f"A {config['architectures'][0].removesuffix('ForImageClassification')}",
        "threshold": f"{ours['threshold']:.3f}",
        "margin": ours["margin"],
        "temperature": f"{ours['temperature']:.3f}",
        "data": public_name(data, card),
        "version": VERSION,
        "revision": f" at revision {data.data_revision}" if data.data_revision else "",
        "annotated": "a public data set" if "/" in public_name(data, card) else "its data set",
        "data_note": f" ({card.data_note})" if card.data_note else "",
        "history": f" {card.history}" if card.history else "",
        "data_licence": card.data_licence or "its licence was not stated",
        "contact": card.contact,
        "looks": looks(metrics, card),
        "origin": origin(config),
        "start": start_of(fit),
        "recipe": recipe(fit),
    }


def looks(metrics: Figures, card: CardSettings) -> str:
    """Figures and settings -> how often models were measured on these photos, in words."""
    second = f", and on the second test {times(card.holdout_looks)}" if HOLDOUT in metrics else ""
    return (
        f"Models were measured on these photos {times(card.test_looks)}{second}, this one included."
    )


def times(count: int) -> str:
    """A count -> how often, in words."""
    return "once" if count == 1 else f"{count} times"


def origin(config: dict[str, Any]) -> str:
    """A model's configuration -> where its public checkpoint came from, in words, or empty."""
    found = config.get("origin")
    if not found:
        return ""
    return (
        f" Its weights were read from {found['read_from']}. {found['attribution']} "
        f"Licence: {found['licence']}."
    )


def run_values(run: RunSettings) -> dict[str, str]:
    """A run's folder -> what it says of its training faces and time, in words."""
    faces, checkpoint = run.folder("crops") / FACES_FILE, last_complete(run.folder("checkpoints"))
    missed = json.loads(faces.read_text())["dropped"].get("train", {}) if faces.is_file() else {}
    minutes = (
        f"{read_mark(checkpoint)['seconds'] / 60:.0f} minutes"
        if checkpoint
        else "an unrecorded time"
    )
    return {
        "training_faces": f"{missed['of'] - missed['missed']} faces to train on"
        if "of" in missed
        else "its training split",
        "dropped": f" ({missed['missed']} of {missed['of']})" if "of" in missed else "",
        "compute": f"Compute: {minutes} on one machine for the last run.",
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
