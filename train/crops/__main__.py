"""Clean data -> crops: `python -m train.crops`."""

from ..common.cli import run_stage
from ..settings import ArchitectureSettings, CropSettings, RunSettings
from .stage import crop_faces

if __name__ == "__main__":
    run_stage(crop_faces, RunSettings, CropSettings, ArchitectureSettings)
