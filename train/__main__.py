"""Every stage in order, from labelled photos to a measured model folder: `python -m train --data NAME_OR_FOLDER`."""

from .baselines.stage import measure_baselines
from .common.stages import run_stage
from .crops.stage import write_crops
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
    """Run every stage; each reads the folder that the one before wrote."""
    write_data(run, data)
    write_crops(run, crop)
    fit_model(run, crop, augmentation, fit)
    export_model(run, export)
    write_metrics(run, evaluate)
    write_card(run, data, fit, card, augmentation)
    if baselines.baselines:
        measure_baselines(run, crop, augmentation, fit, baselines)


if __name__ == "__main__":
    main()
