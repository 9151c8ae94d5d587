"""Raw data -> clean data: `python -m train.data --data NAME_OR_FOLDER`."""

from ..common.cli import run_stage
from ..settings import DataSettings, RunSettings
from .stage import write_data

if __name__ == "__main__":
    run_stage(write_data, RunSettings, DataSettings)
