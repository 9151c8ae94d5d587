"""A name on the Hub -> a local folder with what serving needs; imports huggingface_hub."""

import errno
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha1, sha256
from pathlib import Path
from typing import TypeGuard, TypeVar

from httpx2 import HTTPError
from huggingface_hub import model_info, scan_cache_dir, snapshot_download
from huggingface_hub.constants import HF_HUB_CACHE
from huggingface_hub.errors import (
    CacheNotFound,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .model_files import CONFIG, METRICS, ONNX_NAMES, PROCESSOR, WEIGHTS
from .runtime.files import FULL
from .runtime.home import cannot_keep

PAUSES = (1.0, 3.0)  # seconds before the second and third try
LONGEST_PAUSE = 20.0  # seconds; who asks for more is not waited for
SHUT = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
REASONS = {
    401: "the Hub wants a token that opens it (HF_TOKEN)",
    403: "the token (HF_TOKEN) does not open it",
    429: "the Hub asks to come back later (429)",
}

Answer = TypeVar("Answer")


class DamagedError(OSError):
    """A file's content is not what the Hub says it is."""


FAILURES = (
    OSError,
    HTTPError,
    HFValidationError,
    ImportError,
)  # the last where a SOCKS proxy needs a package more


def pull_model(model_id: str, revision: str = "") -> Path:
    """A model's name and its tag or commit -> its folder in the cache, every file's hash checked.

    Without the Hub, a whole copy of the same revision in the cache serves. Raises ValueError.
    """
    if unkept := cannot_keep():
        print(unkept, file=sys.stderr)
    try:
        return _pull(model_id, revision or None)
    except FAILURES as error:
        reason = explain(error, revision)
        try:
            return _fetch(model_id, revision or None, offline=True)
        except FAILURES as missing:
            raise ValueError(
                f"The model {model_id!r} could not be pulled from the Hub: {reason}."
            ) from missing


def cached_models(model_id: str) -> Iterator[Path]:
    """A model's name -> the folders of its whole cached revisions, newest first."""
    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        return
    revisions = [
        revision
        for repo in repos
        if (repo.repo_type, repo.repo_id) == ("model", model_id)
        for revision in repo.revisions
    ]
    for revision in sorted(revisions, key=lambda revision: revision.last_modified, reverse=True):
        try:
            yield _fetch(model_id, revision.commit_hash, offline=True)
        except FAILURES:
            continue


def explain(error: BaseException, revision: str) -> str:
    """What a client of the Hub raised -> why, in words for a visitor: no address, no token."""
    chain = list(_causes(error))
    answered = next((cause for cause in chain if isinstance(cause, HfHubHTTPError)), None)
    if isinstance(answered, RevisionNotFoundError):
        return f"it has no revision {revision!r}"
    if isinstance(answered, RepositoryNotFoundError):
        return "there is none of this name, or it is private and HF_TOKEN does not open it"
    if answered is not None:
        status = answered.response.status_code
        return REASONS.get(status, f"the Hub answered with error {status}")
    if any(isinstance(cause, OSError) and cause.errno in FULL for cause in chain):
        return "the disk is full"
    if any(_is_of_a_file(cause) and cause.errno in SHUT for cause in chain):
        return f"its cache {HF_HUB_CACHE} cannot be written to: set HF_HOME to a folder that can"
    if any(isinstance(cause, ImportError) for cause in chain):
        return "the proxy that ALL_PROXY names needs `pip install httpx2[socks]`"
    if any(isinstance(cause, HFValidationError) for cause in chain):
        return "this is neither a folder here nor a name on the Hub"
    damaged = next((cause for cause in chain if isinstance(cause, DamagedError)), None)
    return str(damaged) if damaged else "the Hub could not be reached, or went away in the middle"


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask the Hub; again, twice at most, after an error that passes, as late as the Hub wishes."""
    for pause in PAUSES:
        try:
            return ask()
        except HfHubHTTPError as error:
            time.sleep(_pause_after(error, pause))
    return ask()


def _pull(model_id: str, revision: str | None) -> Path:
    """Ask whether the Hub is there before downloading: a download would wait long for it."""
    patiently(lambda: model_info(model_id, revision=revision, timeout=10))
    try:
        return _fetch(model_id, revision)
    except DamagedError:
        return _fetch(model_id, revision)


def _pause_after(error: HfHubHTTPError, pause: float) -> float:
    """Seconds to wait before another try; raises the error where another would end the same."""
    asked = error.response.headers.get("Retry-After", "")
    wanted = float(asked) if asked.isdigit() else pause
    if error.response.status_code not in (429, 500, 502, 503, 504) or wanted > LONGEST_PAUSE:
        raise error
    return wanted


def _fetch(model_id: str, revision: str | None, offline: bool = False) -> Path:
    """The ONNX file if the repository has one, its weights if not."""
    for names in ([CONFIG, PROCESSOR, METRICS, *ONNX_NAMES], [CONFIG, PROCESSOR, METRICS, WEIGHTS]):
        folder = Path(
            snapshot_download(
                model_id, revision=revision, allow_patterns=names, local_files_only=offline
            )
        )
        if any((folder / name).is_file() for name in ONNX_NAMES):
            break
    check_hashes(folder)
    return folder


def check_hashes(folder: Path) -> None:
    """Compare every file of a cached revision with its hash, which is its name in the cache.

    Raises DamagedError, and forgets the file, so that the next pull fetches it again.
    """
    for path in sorted(folder.rglob("*")):
        if (
            not path.is_symlink()
        ):  # a folder, or a file system without links: then the cache keeps no hash
            continue
        kept = path.resolve()
        content = kept.read_bytes()
        found = (
            sha256(content) if len(kept.name) == 64 else sha1(b"blob %d\0" % len(content) + content)
        )
        if found.hexdigest() != kept.name:
            path.unlink()
            kept.unlink()
            raise DamagedError(f"{path.name} arrived damaged: its hash differs")


def _is_of_a_file(cause: BaseException) -> TypeGuard[OSError]:
    """A firewall refuses connections with the same numbers, but names no file."""
    return isinstance(cause, OSError) and cause.filename is not None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
