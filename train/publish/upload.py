"""A folder -> one commit on the Hub, with every failure in one sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from huggingface_hub import CommitInfo, HfApi, get_token

from face_gender.hub import patiently
from face_gender.runtime.folders import walk_folder
from face_gender.settings import VERSION

from ..common.errors import StageError
from .refusals import FAILURES, explain_upload

TAG = f"v{VERSION}"
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
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
    except StageError:
        raise
    except FAILURES as error:
        raise StageError(f"{name} on the Hub: {explain_upload(error, TAG)}.") from error


@dataclass(frozen=True)
class Target:
    """Where a folder goes, and how.

    kind: `model`, `dataset` or `space`; a missing repository is created, `private` if asked
    pr: as a pull request, which gets no tag
    """

    name: str
    kind: str
    tag: str = TAG
    private: bool = False
    pr: bool = False

    def __post_init__(self) -> None:
        """Raises StageError if a name or tag cannot be one."""
        check_name(self.name)
        if not NAME.fullmatch(self.tag):
            raise StageError(f"A tag should be letters, digits, '.', '-' and '_', got {self.tag!r}")


def upload_folder(api: HfApi, folder: Path, to: Target, message: str) -> CommitInfo:
    """Make the content of a repository that of the folder -> commit."""
    if not to.pr:
        create_repo(api, to)
    return patiently(
        lambda: api.upload_folder(
            repo_id=to.name,
            repo_type=to.kind,
            folder_path=folder,
            commit_message=message,
            create_pr=to.pr,
            delete_patterns="*",
            allow_patterns=[escape(path.as_posix()) for path in list_files(folder)],
        )
    )


def create_repo(api: HfApi, to: Target) -> None:
    """Create the repository unless it is there."""
    sdk = "gradio" if to.kind == "space" else None
    patiently(
        lambda: api.create_repo(
            to.name,
            repo_type=to.kind,
            private=to.private or None,
            exist_ok=True,
            space_sdk=sdk,
        )
    )


def check_new(api: HfApi, to: Target) -> None:
    """Raises StageError if this tag is on the Hub already, or what is asked for cannot be done."""
    with sentences(to.name):
        there = patiently(lambda: api.repo_exists(to.name, repo_type=to.kind))
        if not there and to.pr:
            raise StageError(f"{to.name} is not on the Hub: a pull request needs a repository.")
        if not there or to.pr:
            return
        tags = patiently(lambda: api.list_repo_refs(to.name, repo_type=to.kind)).tags
        found = patiently(lambda: api.repo_info(to.name, repo_type=to.kind))
    if to.tag in [tag.name for tag in tags]:
        raise StageError(
            f"{to.name} has {to.tag} already: raise VERSION in space/face_gender/settings.py, "
            "or name another tag with --tag."
        )
    if to.private and not found.private:
        raise StageError(
            f"{to.name} is there already and public, and --private makes only a new one private: "
            "change that in its settings on the Hub."
        )


def publish_folder(api: HfApi, folder: Path, to: Target) -> str:
    """A folder -> a tagged commit of a model or data set, or a pull request, in words."""
    with sentences(to.name):
        commit = upload_folder(api, folder, to, f"Publish {to.tag}")
        if to.pr:
            return f"Opened {commit.pr_url}; {to.name} has no new tag until it is merged."
        patiently(
            lambda: api.create_tag(
                to.name, tag=to.tag, revision=commit.oid, repo_type=to.kind, exist_ok=True
            )
        )
    return f"Published {to.name} at {to.tag} ({commit.oid})."


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
    """Raises StageError if `name` is not user/name, as the Hub allows it."""
    parts = name.split("/")
    if len(parts) != 2 or not all(parts):
        raise StageError(f"A name on the Hub should be user/name, got {name!r}.")
    if not all(map(NAME.fullmatch, parts)) or "--" in name or ".." in name:
        raise StageError(
            "A name on the Hub has only letters, digits, '.', '-' and '_', at most 96, "
            f"and no '--' or '..', got {name!r}."
        )
