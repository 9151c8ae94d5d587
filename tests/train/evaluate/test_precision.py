"""precision: how far the transformers pipeline lies from the file that is served."""

import json

import numpy as np
import pytest
from datasets import Dataset, Features, Image

from tests.support.pictures import noise
from train.common.errors import StageError
from train.evaluate.precision import compare_precisions, figures_of, main
from train.evaluate.protocol import scorer
from train.settings import PrecisionSettings


def write_photos(path, photos) -> str:
    rows = [{"image": photo} for photo in photos]
    Dataset.from_list(rows, features=Features({"image": Image()})).to_parquet(str(path))
    return str(path)


def test_what_cannot_be_compared_is_said(small_model, tmp_path):
    with pytest.raises(StageError, match="parquet file with the column image, got "):
        compare_precisions(PrecisionSettings(model=str(small_model), photos=""))
    Dataset.from_dict({"other": [1]}).to_parquet(str(tmp_path / "other.parquet"))
    other = PrecisionSettings(model=str(small_model), photos=str(tmp_path / "other.parquet"))
    with pytest.raises(StageError, match="no column image: it has other"):
        compare_precisions(other)
    empty = write_photos(tmp_path / "noise.parquet", [noise(0, 100)])
    with pytest.raises(StageError, match="No face was found"):
        compare_precisions(PrecisionSettings(model=str(small_model), photos=empty))


def test_differences_are_counted(small_model):
    served = np.array([[0.9, 0.1], [0.55, 0.45], [0.61, 0.39], [0.3, 0.7]])
    floats = np.array([[0.9, 0.1], [0.45, 0.55], [0.59, 0.41], [0.3, 0.7]])
    figures = figures_of(served, floats, scorer(str(small_model)))
    assert (figures["faces"], figures["largest_gap"], figures["median_gap"]) == (4, 0.1, 0.01)
    assert (figures["other_label"]["n"], figures["other_label"]["share"]) == (1, 0.25)
    assert figures["other_decision"]["n"] == 1  # 0.61 and 0.59 about a threshold of 0.6


@pytest.mark.slow
def test_the_pipeline_and_the_page_agree_where_nothing_is_rounded(
    small_model, astronaut, tmp_path, capsys
):
    photos = write_photos(tmp_path / "faces.parquet", [astronaut, astronaut[:, ::-1]])
    main(["--model", str(small_model), "--photos", photos, "--faces", "2"])
    figures = json.loads(capsys.readouterr().out)
    assert figures["faces"] == 2
    assert figures["largest_gap"] < 0.01
    assert figures["other_label"]["n"] == 0
