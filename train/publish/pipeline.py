"""Photo -> result, as the app gives it; published with the model.

Use it by `pipeline("face-gender", ..., trust_remote_code=True)`.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from huggingface_hub import snapshot_download
from transformers import Pipeline


class FaceGenderPipeline(Pipeline):
    """Whole photos -> their faces with boxes, scores and labels, by the same commit's code."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Open the reader of the model that the pipeline was made for."""
        super().__init__(*args, **options)
        name, commit = self.model.name_or_path, ""
        folder = Path(name)
        if not folder.is_dir():
            commit = Path(
                __file__
            ).parent.name  # transformers keeps this file in a folder named after its commit
            folder = Path(snapshot_download(name, revision=commit, allow_patterns="face_gender/*"))
        self._reader = load_package(folder / "face_gender").open_reader(name, commit)

    def _sanitize_parameters(self, **parameters: Any) -> tuple[dict, dict, dict]:
        if parameters:
            raise ValueError(
                f"The pipeline takes photos and nothing else, got {', '.join(parameters)}."
            )
        return {}, {}, {}

    def preprocess(self, photo: Any) -> dict[str, Any]:
        """A path, PIL picture or array -> itself; the reader opens it."""
        return {"photo": photo}

    def _forward(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return {"result": self._reader.read(inputs["photo"])}

    def postprocess(self, outputs: dict[str, Any]) -> dict[str, Any]:
        """A result -> plain numbers and words: width, height, faces, threshold, model, revision."""
        return outputs["result"].to_dict()


def load_package(folder: Path) -> ModuleType:
    """A package's folder -> the package, under its own name: two commits can be loaded at once."""
    name = f"face_gender_{folder.resolve().parent.name}".replace("-", "_").replace(".", "_")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ValueError(f"{folder} holds no package.")
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
    return sys.modules[name]
