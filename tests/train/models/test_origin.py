"""origin: what a model is made of, kept for the runs that start from it."""

import json

from tests.conftest import ROOT
from train.models.made_from import made_from
from train.settings import FitSettings, RunSettings, with_values

FACES = {
    "name": "face-gender",
    "licence": "apache-2.0",
    "data": "HuggingFaceM4/FairFace",
    "data_licence": "cc-by-4.0",
}


def test_a_later_run_knows_what_the_bundled_model_is_made_of(tmp_path):
    bundled = str(ROOT / "space" / "model")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "report.json").write_text(json.dumps({"data": str(tmp_path)}))
    run = RunSettings(str(tmp_path))
    fit = with_values(FitSettings(), base_model=bundled, teacher=[bundled])
    found = made_from(run, fit)
    assert found["trained_on"] == {"name": tmp_path.name}
    assert found["origin"][-2:] == [FACES | {"role": role} for role in ("base", "teacher")]
    assert made_from(RunSettings(str(tmp_path / "none")), FitSettings()) == {
        "origin": [],
        "trained_on": {"name": ""},
    }
