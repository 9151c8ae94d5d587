"""Clean data -> crops: `python -m train.crops`."""

from ..common.cli import run_stage
from ..settings import CropSettings, RunSettings
from .stage import write_crops

if __name__ == "__main__":
    run_stage(write_crops, RunSettings, CropSettings)
