"""Addresses -> collected pictures: `python -m train.collect`."""

from ..common.cli import run_stage
from ..settings import CollectSettings, RunSettings
from .stage import write_collected

if __name__ == "__main__":
    run_stage(write_collected, RunSettings, CollectSettings)
