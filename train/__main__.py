"""Every stage in order, from labelled photos to a measured model folder: `python -m train --data NAME_OR_FOLDER`."""

from .card import write_card
from .crops import write_crops
from .data import write_data
from .evaluate import write_metrics
from .export import export_model
from .fit import fit_model
from .settings import (
    ALL,
    AugmentSettings,
    CropSettings,
    DataSettings,
    EvaluateSettings,
    ExportSettings,
    FitSettings,
    RunSettings,
)
from .stages import run_stage


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
) -> None:
    """Run every stage; each reads the folder that the one before wrote."""
    write_data(run, data)
    write_crops(run, crop)
    fit_model(run, crop, augmentation, fit)
    export_model(run, crop, export)
    write_metrics(run, evaluate)
    write_card(run, data, fit)


if __name__ == "__main__":
    main()
