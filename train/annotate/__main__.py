"""Unlabelled pictures -> labelled ones, in a browser: `python -m train.annotate`."""

from ..common.cli import run_stage
from ..settings import AnnotateSettings, RunSettings
from .stage import annotate_pictures

if __name__ == "__main__":
    run_stage(annotate_pictures, RunSettings, AnnotateSettings)
