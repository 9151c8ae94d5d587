"""The folder space/ -> a running Space that loads the model from the Hub: `make space`."""

import re
import time
from functools import partial
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file
from httpx import HTTPError
from huggingface_hub import HfApi, get_token

from face_gender.hub import patiently
from face_gender.model_files import ONNX_NAMES

from ..common.cli import run_stage
from ..common.errors import StageError
from ..settings import DeploySettings
from .check import EXAMPLE
from .upload import Target, check_name, create_repo, open_api, sentences, show_folder, upload_folder

SPACE = Path("space")
BROKEN = (
    "NO_APP_FILE",
    "CONFIG_ERROR",
    "BUILD_ERROR",
    "RUNTIME_ERROR",
    "STOPPED",
    "PAUSED",
    "DELETING",
)
PATIENCE = 5  # failed checks, 2 s apart: the previous version may still be up
COMMIT = re.compile(r"[0-9a-f]{40}")


def deploy_space(settings: DeploySettings) -> None:
    """Check the model, upload the Space, wait until it answers, print its address.

    A dry run checks the model too, which needs the Hub, but no token. Raises StageError.
    """
    to = Target(settings.to, "space")
    check_named(settings)
    variables = {"MODEL_ID": settings.model_id, "MODEL_REVISION": settings.model_revision}
    api = HfApi() if settings.dry_run else open_api()
    commit = check_revision(api, settings.model_id, settings.model_revision)
    show_folder(SPACE, " ".join([f"{settings.to} with", *map("=".join, variables.items())]))
    if settings.dry_run:
        return
    message = f"Serve {settings.model_id} at {settings.model_revision}"
    with sentences(settings.to):
        create_repo(api, to)
        for key, value in variables.items():
            patiently(partial(api.add_space_variable, settings.to, key, value))
        uploaded = upload_folder(api, SPACE, to, message)
        host = wait_until_it_answers(api, settings, str(uploaded.oid), commit)
    print(f"{settings.to} runs: {host}")


def check_named(settings: DeploySettings) -> None:
    """Raises StageError without a model and revision: the bundled model is only a fallback."""
    if not (settings.model_id and settings.model_revision):
        raise StageError(
            "Name the Space's model: MODEL_ID=user/name and MODEL_REVISION=v1.2.3 or a commit."
        )
    check_name(settings.model_id)


def check_revision(api: HfApi, model_id: str, revision: str) -> str:
    """A model's tag or commit -> its commit. Raises StageError for branches and unfit models."""
    with sentences(model_id):
        refs = patiently(lambda: api.list_repo_refs(model_id))
        found = patiently(lambda: api.model_info(model_id, revision=revision))
    if revision not in [tag.name for tag in refs.tags] and not COMMIT.fullmatch(revision):
        raise StageError(
            f"MODEL_REVISION should be a tag or a commit, which never move, got {revision!r}."
        )
    files = [sibling.rfilename for sibling in found.siblings or []]
    if not set(ONNX_NAMES) & set(files):
        raise StageError(
            f"{model_id} has no ONNX file, which a Space without torch needs: serve it elsewhere."
        )
    return str(found.sha)


def wait_until_it_answers(api: HfApi, settings: DeploySettings, uploaded: str, commit: str) -> str:
    """Wait until the uploaded commit answers with the model's commit -> its address.

    Raises StageError.
    """
    ends, failed, seen = time.monotonic() + settings.wait, 0, "it has not started"
    while failed < PATIENCE and time.monotonic() < ends:
        runtime = patiently(lambda: api.get_space_runtime(settings.to))
        answer = ask_space(settings.to) if runtime.stage == "RUNNING" else {}
        if (answer.get("model"), answer.get("revision")) == (settings.model_id, commit):
            return str(api.space_info(settings.to).host)
        seen = (
            f"{answer['model']} ({answer['revision']}) answers"
            if answer
            else f"its stage is {runtime.stage}"
        )
        failed = (
            failed + 1
            if runtime.stage in BROKEN or (answer and runtime.raw.get("sha") == uploaded)
            else 0
        )
        time.sleep(2)
    raise StageError(
        f"{settings.to} was uploaded, but does not serve {settings.model_id}: "
        f"{seen}; its log says why."
    )


def ask_space(name: str) -> dict[str, Any]:
    """A Space's name -> its `/predict` of the example photo; empty without an answer."""
    try:
        return dict(
            Client(name, get_token(), verbose=False).predict(
                handle_file(EXAMPLE), api_name="/predict"
            )
        )
    except (HTTPError, ValueError, OSError):
        return {}


if __name__ == "__main__":
    run_stage(deploy_space, DeploySettings)
