"""What a visitor operates -> its HTML: cameras, the threshold, folders, snippets to copy."""

import json
from collections.abc import Sequence
from typing import Any

from ..report.rendering import TEMPLATES
from . import strings

CONTROLS: Any = TEMPLATES.get_template("controls.html").module


def live_camera(seconds: float, every: float) -> str:
    """Seconds until it stops, and between two frames -> the button that starts the camera."""
    said = {key: sentence.format(seconds=seconds) for key, sentence in strings.CAMERA.items()}
    return str(CONTROLS.live_camera(json.dumps({**said, "seconds": seconds, "every": every})))


def photo_camera() -> str:
    """The button that opens the camera, and the one that takes the photo."""
    return str(CONTROLS.photo_camera(json.dumps(strings.CAMERA)))


def threshold(value: float, labels: Sequence[str], own: float) -> str:
    """A threshold and the model's own, 0..1 -> a slider; below 1 / classes it would do nothing."""
    return str(CONTROLS.threshold(value, round(1 / len(labels), 2), own))


def folder_chooser() -> str:
    """The button that chooses a folder."""
    return str(CONTROLS.folder_chooser())


def columns(names: Sequence[str], said: str) -> str:
    """Names of columns, and a sentence on their table -> a list to choose one from."""
    return str(CONTROLS.columns(names, said))


def snippet(title: str, code: str) -> str:
    """Code -> it under its title, with a button that copies it."""
    return str(CONTROLS.snippet(title, code))


def sources(rows: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> str:
    """Names, sentences and (title, address) of links -> where everything comes from."""
    return str(CONTROLS.sources(rows))
