"""What serving needs -> megabytes on disk."""

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from face_gender.model_folder import open_model

MB = 1e6


def installed_mb(requirements: Path) -> float:
    """A file of requirements -> megabytes of all they install, as they are installed here."""
    named = [line.split("#")[0].strip() for line in requirements.read_text().splitlines()]
    waiting, seen, total = [Requirement(line) for line in named if line], set(), 0
    while waiting:
        asked = waiting.pop()
        name = re.sub(r"[-_.]+", "-", asked.name).lower()
        if name in seen:
            continue
        seen.add(name)
        package = metadata.distribution(name)
        files = (Path(str(file.locate())) for file in package.files or [])
        total += sum(file.stat().st_size for file in files if file.is_file())
        needed = [Requirement(line) for line in package.requires or []]
        waiting += [
            need for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})
        ]
    return total / MB


def served_mb() -> float:
    """Megabytes of the ONNX file that answers."""
    onnx = open_model().onnx
    return onnx.stat().st_size / MB if onnx else float("nan")
