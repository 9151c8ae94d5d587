"""A run and its model's `config.json` -> the licences of data, sources and weights."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from face_gender.runtime.files import write_text

from ..data import TRAIN
from ..models.origin import read_origin
from ..settings import CardSettings, RunSettings
from .licences import weights_licence
from .provenance import data_of_sources, name_of

LICENCE = "licence"  # column of pictures that were collected


def stated_licence(run: RunSettings, card: CardSettings) -> str:
    """A run and settings -> the data's licence: of the flag, else of its pictures; or empty."""
    path = run.folder("data") / f"{TRAIN}.parquet"
    if card.data_licence or not path.is_file() or LICENCE not in parquet.read_schema(path).names:
        return card.data_licence
    found = set(parquet.read_table(path, columns=[LICENCE])[LICENCE].to_pylist())
    return ", ".join(sorted(found)) if all(found) else ""


def note_data(path: Path, name: str, licence: str) -> dict[str, Any]:
    """A model's `config.json` and its data -> its content, which now names the data.

    So a later run that starts from this model can name them too. What was known stays.
    """
    config: dict[str, Any] = json.loads(path.read_text())
    before = config.get("trained_on") or {}
    known = data_of_sources(config)
    if before.get("name") == name:
        known[name] = before.get("licence", "")
    data = {"name": name, "licence": licence or known.get(name, "")}
    config["trained_on"] = {key: value for key, value in data.items() if value}
    write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")
    return config


def weights_from(config: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """A model's `config.json` -> the licence of its weights, and what each source asks."""
    data = config["trained_on"]
    asked = {name_of(source): source.get("licence", "") for source in read_origin(config)}
    asked |= data_of_sources(config) | {data["name"]: data.get("licence", "")}
    return weights_licence(asked.values()), asked
