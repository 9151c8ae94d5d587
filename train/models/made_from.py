"""Settings of a run -> what its network is made from: names, licences, data, for `origin.py`."""

import json
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard
from transformers import AutoConfig
from yaml import YAMLError

from face_gender.hub import FAILURES

from ..data.stage import REPORT
from ..settings import FitSettings, RunSettings
from .origin import UNNAMED, Source, public_name, read_origin
from .shares import read_shares


def made_from(run: RunSettings, settings: FitSettings) -> dict[str, Any]:
    """A run and its settings -> `origin` and `trained_on` for its model's `config.json`."""
    base = settings.architecture.base_model
    named = [(base, "base")] if base else []
    named += [(other, "averaged") for other in read_shares(settings.averaging.average_weights)]
    named += [(teacher, "teacher") for teacher in settings.distillation.teacher]
    found: list[Source] = []
    for checkpoint, role in named:
        *older, last = sources_of(checkpoint)
        found += [source for source in (*older, last | {"role": role}) if source not in found]
    return {"origin": found, "trained_on": {"name": data_of(run, settings.input.stream)}}


def data_of(run: RunSettings, stream: str = "") -> str:
    """A run -> its data's name: on the Hub, or that of a folder or file without where it is."""
    report = run.folder("data") / REPORT
    data = stream or (json.loads(report.read_text()).get("data", "") if report.is_file() else "")
    return public_name(data)


def sources_of(checkpoint: str) -> list[Source]:
    """A checkpoint's folder or Hub name -> what it was made from, and itself last."""
    config = AutoConfig.from_pretrained(checkpoint).to_dict()
    older, data, card = read_origin(config), config.get("trained_on"), card_of(checkpoint)
    if older and not (data or card):  # a public checkpoint, which describes itself
        return older
    name = (card.get("model-index") or [{}])[0].get("name", UNNAMED)
    own = {
        "name": name if Path(checkpoint).is_dir() else checkpoint,
        "licence": str(card.get("license") or ""),
        "data": (data or {}).get("name") or ", ".join(card.get("datasets") or []),
        "data_licence": (data or {}).get("licence", ""),
    }
    return [*older, {key: value for key, value in own.items() if value}]


def card_of(checkpoint: str) -> dict[str, Any]:
    """A checkpoint -> its card's metadata; empty if it has none, or none that can be read."""
    path = Path(checkpoint) / "README.md"
    if Path(checkpoint).is_dir() and not path.is_file():
        return {}
    try:
        found: dict[str, Any] = ModelCard.load(
            path if path.is_file() else checkpoint, ignore_metadata_errors=True
        ).data.to_dict()
    except (*FAILURES, ValueError, YAMLError):
        return {}
    return found
