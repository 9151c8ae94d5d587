"""Model folder -> the Hub, with the code that finds faces: `make publish MODEL=user/name`."""

import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from ..common.cli import run_stage
from ..common.errors import StageError
from ..evaluate.findings import sentences
from ..settings import PublishSettings
from .card import NAMELESS
from .check import check_model
from .upload import TAG, Target, check_new, open_api, publish_folder, show_folder

PACKAGE = Path("space/face_gender")
PIPELINE = Path(__file__).with_name("pipeline.py")
TASK = {
    "face-gender": {
        "impl": "pipeline.FaceGenderPipeline",
        "pt": ["AutoModelForImageClassification"],
        "type": "image",
    }
}


def stage_model(folder: Path, to: Target, stage: Path) -> None:
    """A model folder -> what is uploaded: its name and tag in the card, the package, pipeline."""
    shutil.copytree(folder, stage, dirs_exist_ok=True)
    card = (folder / "README.md").read_text(encoding="utf-8")
    (stage / "README.md").write_text(name_card(card, to), encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (stage / "config.json").write_text(
        json.dumps({**config, "custom_pipelines": TASK}, indent=2) + "\n", encoding="utf-8"
    )
    shutil.copytree(PACKAGE, stage / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(PIPELINE, stage / PIPELINE.name)


def check_findings(folder: Path, anyway: bool) -> None:
    """Say what speaks against a model. Raises StageError if that is something, unless `anyway`."""
    said = " ".join(sentences(json.loads((folder / "metrics.json").read_text(encoding="utf-8"))))
    if said and not anyway:
        raise StageError(f"{said} Train on more faces, or publish it with MORE=--anyway.")
    print(said, end="\n" if said else "")


def name_card(card: str, to: Target) -> str:
    """A card -> the same with the published model's name in title, index and code, and its tag."""
    own = to.name.partition("/")[2]
    titled = re.sub(r"^(# |- name: )face-gender(?=:|$)", rf"\g<1>{own}", card, flags=re.MULTILINE)
    pinned = rf'(revision"?(?:=|: )"){re.escape(TAG)}(?=")'
    return re.sub(pinned, rf"\g<1>{to.tag}", titled).replace(NAMELESS, to.name)


def publish_model(settings: PublishSettings) -> None:
    """Check, show, upload in one commit, tag with the version. Raises StageError."""
    to = Target(settings.to, "model", settings.tag or TAG, settings.private, settings.pr)
    api = None if settings.dry_run else open_api()
    if api:
        check_new(api, to)
    check_model(Path(settings.folder))
    check_findings(Path(settings.folder), settings.anyway)
    with TemporaryDirectory() as scratch:
        stage = Path(scratch)
        stage_model(Path(settings.folder), to, stage)
        show_folder(stage, f"{to.name} at {to.tag}")
        if api:
            print(publish_folder(api, stage, to))


if __name__ == "__main__":
    run_stage(publish_model, PublishSettings)
