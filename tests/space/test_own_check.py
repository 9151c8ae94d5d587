"""own_check: a check on someone's own photos corrects the shares of others."""

import json
from dataclasses import replace

import pytest

from face_gender.model_folder import open_model
from face_gender.own_check import known_by, read_check, write_check
from tests.support.checks import check_outcomes


def test_a_check_is_read_as_it_was_written(reader, astronaut, tmp_path):
    result, model = reader.read(astronaut), reader.scorer.model
    small = check_outcomes([("female/a.jpg", result)], reader.labels, 0.5)
    check = replace(small, confusion=[[40, 2], [3, 30]])
    assert known_by(small) is None
    (tmp_path / "check.json").write_text(write_check(small, reader))
    with pytest.raises(ValueError, match="fewer than 30 faces of a class"):
        read_check(tmp_path / "check.json", model)
    (tmp_path / "check.json").write_text(write_check(check, reader))
    known = read_check(tmp_path / "check.json", model)
    assert known.confusion.tolist() == known_by(check).confusion.tolist() == check.confusion
    assert known.tested == "your own check"
    for other in (open_model(), replace(model, revision="other")):
        with pytest.raises(ValueError, match="checked another model"):
            read_check(tmp_path / "check.json", other)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"confusion": [["a"]], "labels": []}'])
def test_what_is_no_check_is_said_to_be_none(reader, tmp_path, text):
    (tmp_path / "check.json").write_text(text)
    with pytest.raises(ValueError, match="is no check: take check.json from"):
        read_check(tmp_path / "check.json", reader.scorer.model)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_check(tmp_path / "gone.json", reader.scorer.model)


@pytest.mark.parametrize("counts", [[], [[1]], [[1, 2], [3, -4]]])
def test_counts_that_cannot_be_are_refused(reader, tmp_path, counts):
    model = reader.scorer.model
    figures = {"confusion": counts, "labels": model.labels}
    figures |= {"model": model.name, "revision": model.revision}
    (tmp_path / "check.json").write_text(json.dumps(figures))
    with pytest.raises(ValueError, match="is no check"):
        read_check(tmp_path / "check.json", model)
