"""A data set of any size -> a table of results and a report: `python -m train.score --data DATA --out OUT`."""

from ..settings.score import ScoreSettings
from ..stages import run_stage
from .job import score_data

if __name__ == "__main__":
    run_stage(score_data, ScoreSettings)
