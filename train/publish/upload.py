"""A folder -> one commit on the Hub, with every failure in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from huggingface_hub import HfApi, get_token

from face_gender.hub import FAILURES, explain, patiently
from face_gender.runtime.folders import walk_folder
from face_gender.settings import VERSION

from ..common.errors import StageError

TAG = f"v{VERSION}"
NO_TOKEN = (
    "You are not logged in to the Hub: run `hf auth login`, "
    "or set HF_TOKEN to a token with write access."
)


def open_api() -> HfApi:
    """A client with the caller's token. Raises StageError if there is none."""
    if not get_token():
        raise StageError(NO_TOKEN)
    return HfApi()


@contextmanager
def sentences(name: str) -> Iterator[None]:
    """Turn what the Hub's client raises into a StageError of one sentence."""
    try:
        yield
    except FAILURES as error:
        raise StageError(f"{name} on the Hub: {explain(error, TAG)}.") from error


def upload_folder(api: HfApi, folder: Path, name: str, kind: str, message: str) -> str:
    """Make the content of a repository that of the folder -> commit.

    kind: `model`, `dataset` or `space`; a missing repository is created
    """
    sdk = "gradio" if kind == "space" else None
    patiently(lambda: api.create_repo(name, repo_type=kind, exist_ok=True, space_sdk=sdk))
    commit = patiently(
        lambda: api.upload_folder(
            repo_id=name,
            repo_type=kind,
            folder_path=folder,
            commit_message=message,
            delete_patterns="*",
            allow_patterns=[escape(path.as_posix()) for path in list_files(folder)],
        )
    )
    return str(commit.oid)


def check_new(api: HfApi, name: str, kind: str) -> None:
    """Raises StageError if this version is on the Hub already, or the Hub cannot be asked."""
    with sentences(name):
        if not patiently(lambda: api.repo_exists(name, repo_type=kind)):
            return
        tags = patiently(lambda: api.list_repo_refs(name, repo_type=kind)).tags
    if TAG in [tag.name for tag in tags]:
        raise StageError(
            f"{name} has {TAG} already: raise VERSION in space/face_gender/settings.py."
        )


def publish_folder(api: HfApi, folder: Path, name: str, kind: str) -> str:
    """A folder -> a commit of a model or data set, tagged with the version."""
    with sentences(name):
        commit = upload_folder(api, folder, name, kind, f"Publish {TAG}")
        patiently(
            lambda: api.create_tag(name, tag=TAG, revision=commit, repo_type=kind, exist_ok=True)
        )
    return commit


def list_files(folder: Path) -> list[Path]:
    """A folder -> the files to upload, relative, in order; no hidden or system files."""
    files = [path.relative_to(folder) for path in walk_folder(folder).files]
    return [path for path in files if "__pycache__" not in path.parts and path.suffix != ".part"]


def show_folder(folder: Path, name: str) -> None:
    """Print what will be uploaded."""
    files = list_files(folder)
    for path in files:
        print(f"{(folder / path).stat().st_size:>12,}  {path}")
    total = sum((folder / path).stat().st_size for path in files)
    print(f"{total:>12,}  bytes in {len(files)} files for {name}")


def check_name(name: str) -> None:
    """Raises StageError if `name` is not user/name."""
    if name.count("/") != 1 or not all(name.split("/")):
        raise StageError(f"A name on the Hub should be user/name, got {name!r}.")
