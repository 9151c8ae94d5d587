"""Whichever way a photo is read, what is taken away names it and who says so, also on failure."""

import csv
import io
import json
import re
from base64 import b64decode

import pytest

from face_gender.__main__ import main
from face_gender.report.tables import provenance_of
from face_gender.settings import PageSettings, ZipSettings
from face_gender.ui.api import Endpoints
from face_gender.ui.batch import BatchReader
from face_gender.ui.tabs.folder import Found

THRESHOLD = 0.9


def rows_of(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


def by_api(reader, sent, form, folder):
    batches = BatchReader(reader, PageSettings(), ZipSettings())
    endpoints = Endpoints(reader, batches, None)
    answer = endpoints.predict_batch([{"path": str(path)} for path in sent], THRESHOLD, form)
    return answer if form == "json" else json.loads(answer)


def by_page(reader, sent, form, folder):
    found = Found(reader)
    for path in sent:
        found.add(path.name, reader.read_or_error(path))
    link = re.search(rf'download="faces.{form}" href="[^,]*,([^"]*)"', found.report())
    return b64decode(link[1]).decode()


def by_command(reader, sent, form, folder):
    out = folder / f"faces.{form}"
    model = ["--model", str(reader.folder), "--threshold", str(THRESHOLD)]
    assert main([*map(str, sent), f"--{form}", str(out), *model]) == 1
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("way", "form"),
    [(by_api, "json"), (by_api, "csv"), (by_page, "csv"), (by_page, "html"),
     (by_command, "json"), (by_command, "csv"), (by_command, "html")],
)  # fmt: skip
def test_what_is_taken_away_names_its_photo_and_who_says_so(
    reader, astronaut_file, tmp_path, way, form, monkeypatch
):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    broken, face = tmp_path / "broken.jpg", tmp_path / "face.jpg"
    broken.write_bytes(b"no picture")
    face.write_bytes(astronaut_file.read_bytes())
    threshold = reader.threshold if way is by_page else THRESHOLD
    made = provenance_of(threshold, reader.model, reader.revision)
    said = way(reader, [broken, face], form, tmp_path)
    if form == "html":
        for each in (broken.name, face.name, *map(str, made.values())):
            assert each in said
        return
    records = rows_of(said) if form == "csv" else said
    records = json.loads(records) if isinstance(records, str) else records
    assert [record["photo"].rpartition("/")[2] for record in records] == [broken.name, face.name]
    assert records[0]["status"].startswith("error: ")
    for record in records:
        for key, value in made.items():
            assert str(record[key]) == str(value)
