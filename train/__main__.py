"""Labelled photos -> a measured model folder, stage by stage: `python -m train --data DATA`."""

from .baselines.stage import measure_baselines
from .common.cli import run_stage
from .crops.stage import crop_faces
from .data import write_data
from .evaluate.stage import write_metrics
from .export.stage import export_model
from .fit.stage import fit_model
from .publish.card import write_card
from .settings import (
    ALL,
    AugmentSettings,
    BaselineSettings,
    CardSettings,
    CropSettings,
    DataSettings,
    EvaluateSettings,
    ExportSettings,
    FitSettings,
    RunSettings,
)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(run_all, *ALL, arguments=arguments)


def run_all(
    run: RunSettings,
    data: DataSettings,
    crop: CropSettings,
    augmentation: AugmentSettings,
    fit: FitSettings,
    export: ExportSettings,
    evaluate: EvaluateSettings,
    card: CardSettings,
    baselines: BaselineSettings,
) -> None:
    """Run every stage; each reads the folder that the previous one wrote."""
    write_data(run, data)
    crop_faces(run, crop, fit.architecture)
    fit_model(run, crop, augmentation, fit)
    export_model(run, export)
    write_metrics(run, evaluate)
    if baselines.baselines:
        measure_baselines(run, crop, augmentation, fit, baselines)
    write_card(run, data, fit, card, augmentation)


if __name__ == "__main__":
    main()
