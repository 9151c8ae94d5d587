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

from ..common.stages import StageError, check_made, run_stage, save_picture
from ..crops.stage import FACES_FILE
from ..data import TEST
from ..data.stage import REPORT
from ..fit.resume import last_complete, read_mark, read_settings, with_held
from ..settings import AugmentSettings, CardSettings, DataSettings, FitSettings, RunSettings
from .provenance import is_of_the_hub, recipe, start_of

TEMPLATE = Path(__file__).with_name("card.md")
EXAMPLE = Path(__file__).parents[2] / "space" / "examples" / "astronaut.jpg"  # NASA, public domain
NAMELESS = "USER/face-gender"  # what the card calls the model until it is published
ENOUGH = 50  # faces of a group that the card singles out
Figures = dict[str, Any]


def write_card(
    run: RunSettings,
    data: DataSettings,
    fit: FitSettings,
    card: CardSettings = CardSettings(),
    augmentation: AugmentSettings = AugmentSettings(),
) -> None:
    """Read the model folder's config and metrics, write its card and the example that the card shows.

    What the run was trained with wins over the flags, but for the name of a checkpoint. Raises StageError where the flags
    name other data than the run's.
    """
    check_made(run.folder("model"), "config.json", "metrics.json")
    folder, held = run.folder("model"), read_settings(run.folder("checkpoints"))
    fit = with_held(fit, held | {"base_model": fit.architecture.base_model or held.get("base_model", "")})
    augmentation = with_held(augmentation, held)
    metrics, config = (json.loads((folder / name).read_text()) for name in ("metrics.json", "config.json"))
    write_example(folder / "example.png", config["face_gender"]["margin"])
    report = read_report(run)
    data = data_of(report, data, card)
    carved = bool(report) and TEST not in report["source"]  # the test, out of the training split
    split = data.train_split if carved else data.test_split
    values = figure_values(metrics) | text_values(metrics, config, data, fit, card) | run_values(run)
    values["split"] = f"{'Photos carved out of the' if carved else 'Held-out'} split `{split}`"
    names = [name for name, reach in asdict(augmentation).items() if reach and name != "low_res_side"]
    values["augmentations"] = ", ".join(name.removesuffix("_prob").replace("_", " ") for name in names)
    filled = ModelCard.from_template(card_data(metrics, data, fit, card, split), template_path=str(TEMPLATE), **values)
    write_text(folder / "README.md", str(filled) + "\n")


def read_report(run: RunSettings) -> Figures:
    """A run -> what its data stage noted; empty where it has none."""
    report = run.folder("data") / REPORT
    return json.loads(report.read_text()) if report.is_file() else {}


def data_of(report: Figures, data: DataSettings, card: CardSettings) -> DataSettings:
    """What the data stage noted, and the flags -> the data as the card names them. Raises StageError."""
    if card.data_name or "data" not in report:
        return data
    if Path(report["data"]).resolve() != Path(data.data).resolve():
        raise StageError(f"The run was made of {report['data']}, not of {data.data}: give --data or --data_name.")
    return replace(data, data_config=report["config"], data_revision=report["revision"])


def write_example(path: Path, margin: float) -> None:
    """Eileen Collins' face as the pipeline wants it, for the widget."""
    photo = open_photo(EXAMPLE)
    save_picture(Image.fromarray(crop_face(photo, FaceFinder().find_faces(photo)[0], 224, margin)), path)


def card_data(metrics: Figures, data: DataSettings, fit: FitSettings, card: CardSettings, split: str) -> ModelCardData:
    """Figures, settings and the source's split that was tested on -> the card's metadata."""
    whole, name = metrics["all"], public_name(data, card)
    measured = {"accuracy": whole["accuracy"], "f1": whole["macro_f1"], "expected_calibration_error": whole["ece"]}
    results = [
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
    return ModelCardData(
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag="image-classification",
        base_model=fit.architecture.base_model if is_of_the_hub(fit.architecture.base_model) else None,
        datasets=[name] if "/" in name else None,
        metrics=["accuracy", "f1"],
        tags=["face", "perceived-gender", "onnx"],
        widget=[
            {"src": f"https://huggingface.co/{NAMELESS}/resolve/main/example.png", "example_title": "Eileen Collins (NASA)"}
        ],
        model_name="face-gender",
        eval_results=results,
    )


def public_name(data: DataSettings, card: CardSettings) -> str:
    """What others call the data: its name on the Hub, or the folder's last part."""
    return card.data_name or (Path(data.data).resolve().name if Path(data.data).exists() else data.data)


def figure_values(metrics: Figures) -> dict[str, Any]:
    """Figures -> the template's blanks that are figures."""
    whole = metrics["all"]
    overall = {"all": whole, "found faces only": metrics["found"], "misses as errors": metrics["misses_as_errors"]}
    overall["whole picture, uncropped"] = metrics["whole_picture"]
    groups = {f"{column}: {name}": each for column, found in metrics["groups"].items() for name, each in found.items()}
    return {
        "labels": ", ".join(metrics["labels"]),
        "sha": metrics["onnx_sha256"],
        "n": whole["n"],
        "missed": metrics["missed"],
        "overall": [result_row(name, each) for name, each in overall.items()],
        "classes": class_rows(metrics),
        "groups": [
            result_row(name, each) | {"coverage": percent(each["coverage"]), "missed": each["missed"]}
            for name, each in groups.items()
        ],
        "worse": [
            result_row(name, each) | {"same": percent(each["same_label"])} for name, each in metrics["robustness"].items()
        ],
        "bare": percent(metrics["found"]["accuracy"]),
        "f1": f"{whole['macro_f1']:.3f}",
        "ece": f"{whole['ece']:.3f}",
        "ece_of_perfect": " to ".join(f"{edge:.3f}" for edge in whole["ece_of_perfect"]),
        "aurc": f"{whole['aurc']:.3f}",
        "coverage": percent(whole["coverage"]),
        "covered": percent(whole["covered"]["accuracy"]),
        "unevenness": unevenness(metrics),
        "failures": failures(metrics),
    }


def result_row(name: str, figure: Figures) -> dict[str, Any]:
    """A figure -> the cells that all tables have."""
    interval = " to ".join(percent(edge) for edge in figure["interval"])
    return {"name": name, "accuracy": percent(figure["accuracy"]), "interval": interval, "n": figure["n"]}


def class_rows(metrics: Figures) -> list[dict[str, str]]:
    """Figures -> a row a class."""
    kinds = ("precision", "recall", "f1")
    return [
        {"name": name} | {kind: percent(metrics["all"][kind][number]) for kind in kinds}
        for number, name in enumerate(metrics["labels"])
    ]


def unevenness(metrics: Figures) -> str:
    """Figures -> the gap between the classes, and between the groups of a class and another column, in words."""
    by_label = metrics["groups"].get("label", {})
    crossed = [groups for column, groups in metrics["groups"].items() if column.startswith("label x ")]
    large = {name: each for groups in crossed for name, each in groups.items() if each["n"] >= ENOUGH}
    said = {"": by_label, f"of groups of at least {ENOUGH} faces ": large}
    sentences = [among + gap(groups) for among, groups in said.items() if len(groups) > 1]
    return "; ".join(sentences) + "." if sentences else "see the groups below."


def gap(groups: Figures) -> str:
    """Groups -> the least and the most accurate of them, in words."""
    (least, worst), *_, (most, best) = sorted(groups.items(), key=lambda item: item[1]["accuracy"])
    return f"{percent(worst['accuracy'])} of {least} and {percent(best['accuracy'])} of {most} faces are labelled right"


def failures(metrics: Figures) -> str:
    """Figures -> the worst group of every column and the worst circumstance, as a list."""
    lines = []
    for column, groups in metrics["groups"].items():
        name, worst = min(groups.items(), key=lambda item: item[1]["accuracy"])
        wrong = round((1 - worst["accuracy"]) * worst["n"])
        lines.append(f"- {column}: {name} is labelled wrongly most often, {wrong} of {worst['n']}.")
    if metrics["robustness"]:
        name, worst = min(metrics["robustness"].items(), key=lambda item: item[1]["accuracy"])
        lost = 100 * (worst["bare_accuracy"] - worst["accuracy"])
        lines.append(f"- {name}: costs most of all circumstances, {lost:.1f} points.")
    return "\n".join(lines) + "\n"


def text_values(
    metrics: Figures, config: dict[str, Any], data: DataSettings, fit: FitSettings, card: CardSettings
) -> dict[str, Any]:
    """Settings -> the template's blanks that are words."""
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
        "start": start_of(fit),
        "recipe": recipe(fit),
    }


def run_values(run: RunSettings) -> dict[str, str]:
    """A run's folder -> what it tells of its training faces and its time; words for what it does not tell."""
    faces, checkpoint = run.folder("crops") / FACES_FILE, last_complete(run.folder("checkpoints"))
    missed = json.loads(faces.read_text())["dropped"].get("train", {}) if faces.is_file() else {}
    minutes = f"{read_mark(checkpoint)['seconds'] / 60:.0f} minutes" if checkpoint else "an unrecorded time"
    return {
        "training_faces": f"{missed['of'] - missed['missed']} faces to train on" if "of" in missed else "its training split",
        "dropped": f" ({missed['missed']} of {missed['of']})" if "of" in missed else "",
        "compute": f"Compute: {minutes} on one machine for the last run.",
    }


def percent(share: float | None) -> str:
    """0..1 -> percent with one decimal; a dash for nothing."""
    return "-" if share is None else f"{100 * share:.1f} %"


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(write_card, RunSettings, DataSettings, FitSettings, CardSettings, AugmentSettings, arguments=arguments)


if __name__ == "__main__":
    main()
