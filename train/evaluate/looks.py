"""A run -> which models were measured on its test, so that the card can count them."""

import json

from face_gender.runtime.files import write_text

from ..settings import RunSettings

LOOKS = "looks.json"  # beside the test photos: every run that reads them adds to it


def read_looks(run: RunSettings) -> dict[str, list[str]]:
    """A run -> the SHA-256 of every model measured, by `test` and `holdout`."""
    path = run.folder("data") / LOOKS
    return json.loads(path.read_text()) if path.is_file() else {}


def note_look(run: RunSettings, split: str, digest: str) -> None:
    """Note that a model was measured on a split; the same model counts once."""
    found = read_looks(run)
    found[split] = list(dict.fromkeys([*found.get(split, []), digest]))
    write_text(run.folder("data") / LOOKS, json.dumps(found, indent=1) + "\n")
