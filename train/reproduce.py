"""Public checkpoints and a data set -> the model to ship: `python -m train.reproduce`.

    data         the manifest's faces, each in its part
    checkpoints  DINOv2-small and dlib's face ResNet, by name
    teacher      crops, then dlib's ResNet fine-tuned on them
    student      crops, then DINOv2-small fine-tuned on labels and the teacher's soft labels
    export, evaluate (the test, then the holdout), card

Every step is a stage with its own command. `reproduced.json` lists the finished steps, and
a restarted run skips them. An interrupted step resumes where it stopped. Times are estimates from
rates measured on two cores with bf16 instructions: docs/experiments.md.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from face_gender.runtime.files import write_text

from .common.cli import run_stage
from .crops.stage import write_crops
from .data import write_data
from .evaluate.stage import measure
from .export.stage import export_model
from .fit.stage import fit_model
from .models.public import write_public
from .publish.card import write_card
from .settings import (
    AugmentSettings,
    CardSettings,
    CropSettings,
    DataSettings,
    EvaluateSettings,
    ExportSettings,
    FitSettings,
    PublicSettings,
    ReproduceSettings,
    RunSettings,
)

DONE = "reproduced.json"
DATA, CROPS = (RunSettings, DataSettings), (RunSettings, CropSettings)
FIT = (RunSettings, CropSettings, AugmentSettings, FitSettings)
MEASURE = (RunSettings, EvaluateSettings)
CARD = (RunSettings, DataSettings, FitSettings, CardSettings, AugmentSettings)


@dataclass(frozen=True)
class Step:
    """One stage with its command line, and about how many minutes it takes."""

    name: str
    stage: Callable[..., None]
    kinds: tuple[type[Any], ...]
    arguments: list[str]
    on_cores: int
    on_gpu: int


def reproduce(
    run: RunSettings, data: DataSettings, card: CardSettings, settings: ReproduceSettings
) -> None:
    """Run every unfinished step. Raises StageError if one fails."""
    every = plan(run, data, card, settings)
    print(
        f"About {sum(step.on_cores for step in every) / 60:.0f} hours on two cores, "
        f"{total(every)} minutes on a GPU."
    )
    share_data(run)
    done = read_done(run)
    for number, step in enumerate(every, 1):
        if done.get(step.name) == step.arguments:
            print(f"{number}/{len(every)} {step.name}: finished before.")
            continue
        print(
            f"{number}/{len(every)} {step.name}: about {step.on_cores} minutes on two cores, "
            f"{step.on_gpu} on a GPU."
        )
        run_stage(step.stage, *step.kinds, arguments=step.arguments)
        done[step.name] = step.arguments
        write_text(run.folder(DONE), json.dumps(done, indent=1) + "\n")


def plan(
    run: RunSettings, data: DataSettings, card: CardSettings, settings: ReproduceSettings
) -> list[Step]:
    """Settings -> every step, in order."""
    teacher, source = str(run.folder("teacher")), data_arguments(data)
    learn = recipe(settings.student, str(run.out), run.seed)
    teach = recipe(settings.teachers_recipe, teacher, run.seed)
    taught = ["--base_model", f"{run.folder('dinov2-small')}", "--teacher", f"{teacher}/model"]
    fit_teacher = [*teach, "--base_model", str(run.folder("dlib-face-resnet"))]
    fit_student = [*learn, *taught]
    said = [*fit_student, *source, *card_arguments(card)]
    return [
        Step("data", write_data, DATA, [*learn, *source], 2, 2),
        *(fetch(name, str(run.out)) for name in ("dinov2-small", "dlib-face-resnet")),
        Step("teacher's crops", write_crops, CROPS, teach, 10, 5),
        Step("teacher", fit_model, FIT, fit_teacher, 35, 5),
        Step("student's crops", write_crops, CROPS, learn, 10, 5),
        Step("student", fit_model, FIT, fit_student, 45, 15),
        Step("export", export_model, (RunSettings, ExportSettings), learn, 5, 3),
        Step("test", measure, MEASURE, learn, 30, 10),
        Step("holdout", measure, MEASURE, [*learn, "--split", "holdout"], 3, 1),
        Step("card", write_card, CARD, said, 1, 1),
    ]


def fetch(name: str, out: str) -> Step:
    """A public checkpoint's name -> the step that writes its folder."""
    return Step(
        name,
        write_public,
        (RunSettings, PublicSettings),
        ["--out", out, "--checkpoint", name],
        1,
        1,
    )


def recipe(file: str, out: str, seed: int) -> list[str]:
    """A recipe file, a run's folder and a seed -> arguments that every stage takes."""
    return ["--recipe", file, "--out", out, "--seed", str(seed)]


def data_arguments(data: DataSettings) -> list[str]:
    """Data settings -> arguments for those that differ from the default."""
    return changed(
        data,
        (
            "data",
            "data_config",
            "data_revision",
            "manifest",
            "label_column",
            "photo_column",
            "sample",
            "near",
        ),
    )


def card_arguments(card: CardSettings) -> list[str]:
    """Card settings that no other stage knows -> arguments for those that differ."""
    return changed(card, ("data_name", "data_licence", "data_note", "history", "contact"))


def changed(settings: Any, names: tuple[str, ...]) -> list[str]:
    """Settings and some of their names -> arguments for those that differ from the default."""
    pairs = [
        (name, getattr(settings, name))
        for name in names
        if getattr(settings, name) != getattr(type(settings), name)
    ]
    return [word for name, value in pairs for word in (f"--{name}", str(value))]


def share_data(run: RunSettings) -> None:
    """Let the teacher's run read the student's clean data."""
    link = run.folder("teacher") / "data"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists() and not link.is_symlink():
        link.symlink_to(Path("..") / "data", target_is_directory=True)


def read_done(run: RunSettings) -> dict[str, list[str]]:
    """A run -> the arguments of each finished step, by its name."""
    path = run.folder(DONE)
    return json.loads(path.read_text()) if path.is_file() else {}


def total(steps: list[Step]) -> int:
    """Steps -> minutes on a GPU."""
    return sum(step.on_gpu for step in steps)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(
        reproduce, RunSettings, DataSettings, CardSettings, ReproduceSettings, arguments=arguments
    )


if __name__ == "__main__":
    main()
