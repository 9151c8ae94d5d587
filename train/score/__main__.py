"""A data set of any size -> a table of results and a report: `python -m train.score`."""

from ..common.cli import run_stage
from ..settings.score import ScoreSettings
from .stage import score_data

if __name__ == "__main__":
    run_stage(score_data, ScoreSettings)
