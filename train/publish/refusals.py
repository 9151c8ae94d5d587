"""What the Hub's client raised while publishing -> why, in words for who publishes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

from face_gender.hub import FAILURES as PULLING
from face_gender.hub import explain

FAILURES = (*PULLING, ValueError, RuntimeError)  # the last two for a card and a large file
LARGE = re.compile(r"Error while uploading '(.+?)' to the Hub")
CARD = "Invalid metadata in README.md."
FULL = re.compile(r"storage|quota|exceed|payment|upgrade", re.IGNORECASE)
WRONG_TOKEN = (
    "it does not know the token (HF_TOKEN), which may be mistyped, expired or revoked: "
    "run `hf auth login`"
)
NO_RIGHT = "the token (HF_TOKEN) may not write to it: use one with write access to this repository"


def explain_upload(error: BaseException, revision: str) -> str:
    """An error, with what caused it -> a few words, without an address or a token."""
    large = next((found for each in _causes(error) if (found := LARGE.search(str(each)))), None)
    if large:
        return (
            f"{large[1]} could not be uploaded, so nothing was published: {_why(error, revision)}"
        )
    if str(error).startswith(CARD):
        faults = re.findall(r"^- (.+)$", str(error), re.MULTILINE)
        return f"it refuses the metadata of README.md: {'; '.join(faults) or 'without a reason'}"
    return _why(error, revision)


def wait_of(headers: dict[str, str]) -> str:
    """A refusal's headers -> how long it asks to wait, such as "60 minutes"; empty if untold."""
    told = {name.lower(): value for name, value in headers.items()}
    reset = re.search(r"\bt=(\d+)", told.get("ratelimit", ""))
    asked = reset[1] if reset else told.get("retry-after", "")
    seconds = float(asked) if asked.isdigit() else _until(asked)
    if seconds <= 0:
        return ""
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _why(error: BaseException, revision: str) -> str:
    answered = next((each for each in _causes(error) if isinstance(each, HfHubHTTPError)), None)
    status = answered.response.status_code if answered else 0
    said = (answered.server_message or "") if answered else ""
    if status in (402, 403, 413, 507) and FULL.search(said):
        return f"it has no room for this: {said.strip().rstrip('.')}"
    if answered and status == 429:
        wait = wait_of(dict(answered.response.headers))
        return (
            f"it asks to come back in {wait} (429)" if wait else "it asks to come back later (429)"
        )
    unknown = isinstance(answered, RepositoryNotFoundError)  # also 401, to who has no token
    if status == 403 or (status == 401 and not unknown):
        return WRONG_TOKEN if status == 401 else NO_RIGHT
    if answered or isinstance(error, PULLING) or _unreached(error):
        return explain(error, revision)
    return " ".join(str(error).split()).rstrip(".")


def _unreached(error: BaseException) -> bool:
    """Whether something below it is one of the client's errors of connections."""
    return any(
        isinstance(each, PULLING) and not isinstance(each, HFValidationError)
        for each in _causes(error)
    )


def _until(moment: str) -> float:
    """A date as in HTTP -> seconds from now; 0 for what is none."""
    try:
        return (parsedate_to_datetime(moment) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
