"""What a request names as a file or a number -> its path or value, or one sentence."""

import mimetypes
import os
import tempfile
from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote

import gradio as gr
from gradio.utils import get_upload_folder

from ..photo import PhotoError
from . import strings

SERVED = "/gradio_api/file="  # before an uploaded file's path, in its address
ZIP = b"PK\x03\x04"
LONGEST_NAME = 60  # characters of what was sent that a sentence repeats

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def in_a_sentence(endpoint: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """An endpoint -> the same, its refusals as Gradio's errors; so is what went wrong here."""

    @wraps(endpoint)
    def answer(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return endpoint(*args, **kwargs)
        except PhotoError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:  # which Gradio would answer with no word at all
            raise gr.Error(strings.OUR_FAULT) from error

    return answer


def sent_files(sent: Any, what: str) -> list[Path]:
    """A list of what names a file, or one such thing -> paths. Raises PhotoError."""
    listed = sent if isinstance(sent, list) else [] if sent is None else [sent]
    return [sent_file(each, what, number) for number, each in enumerate(listed, start=1)]


def sent_file(sent: Any, what: str, number: int = 1) -> Path:
    """An upload's path or address, base64, or Gradio's FileData -> the file's path.

    what: "photo" or "video", for the sentence and for a name; number: its place in a list
    Raises PhotoError; nothing is ever fetched.
    """
    if isinstance(sent, dict):
        sent = sent.get("path") or sent.get("url")
    if sent is None or sent == "":
        raise PhotoError(strings.SEND_ONE.format(what=what))
    if not isinstance(sent, str):
        raise PhotoError(strings.NO_FILE.format(what=what, sent=_short(sent)))
    head, comma, content = sent.partition(",")
    if head.startswith("data:") and comma:
        return _written(_decoded(content, what), head, f"{what}{number}")
    if SERVED in sent:
        return _uploaded(unquote(sent.partition(SERVED)[2]), what)
    if "://" in sent:
        raise PhotoError(strings.SEND_THE_FILE)
    if _may_be_base64(sent):
        return _written(_decoded(sent, what), "", f"{what}{number}")
    return _uploaded(sent, what)


def sent_number(
    sent: Any, name: str, usual: Any, low: float = 0, high: float = float("inf")
) -> Any:
    """A number, also as text -> a float; `usual` where there is none. Raises PhotoError."""
    if sent is None or sent == "":
        return usual
    try:
        number = float(sent)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(sent, bool) or not isfinite(number) or not low <= number <= high:
        to = f" to {high:g}" if isfinite(high) else ""
        raise PhotoError(
            strings.NO_NUMBER.format(name=name, low=f"{low:g}", to=to, sent=_short(sent))
        )
    return number


def sent_choice(sent: Any, name: str, choices: tuple[str, ...]) -> str:
    """One of some words -> it; the first where there is none. Raises PhotoError."""
    if sent is None or sent == "":
        return choices[0]
    if sent not in choices:
        raise PhotoError(
            strings.NO_CHOICE.format(name=name, choices=" or ".join(choices), sent=_short(sent))
        )
    return str(sent)


def _uploaded(path: str, what: str) -> Path:
    """A path -> it, if uploads lie there, even if this one is gone. Raises PhotoError."""
    folder, place = os.path.realpath(get_upload_folder()), path.replace("\0", "")
    if not os.path.realpath(place).startswith(folder + os.sep):
        name = PurePosixPath(place.replace("\\", "/")).name
        raise PhotoError(strings.ONLY_A_NAME.format(what=what, name=name[-LONGEST_NAME:]))
    return Path(place)


def _may_be_base64(sent: str) -> bool:
    """Whether it is too long for a path, and holds none of a name's signs."""
    return len(sent) > 255 and not set(sent[:255]) & set(".\\ ")


def _decoded(content: str, what: str) -> bytes:
    try:
        return b64decode("".join(content.split()), validate=True)
    except ValueError as error:
        raise PhotoError(strings.NO_BASE64.format(what=what)) from error


def _written(content: bytes, head: str, stem: str) -> Path:
    """Bytes and a data: address's head -> a file among the uploads, which is purged like them."""
    kind = head.removeprefix("data:").partition(";")[0]
    suffix = ".zip" if content.startswith(ZIP) else mimetypes.guess_extension(kind) or ""
    place = Path(tempfile.mkdtemp(dir=get_upload_folder())) / f"{stem}{suffix}"
    place.write_bytes(content)
    return place


def _short(sent: Any) -> str:
    said = repr(sent)
    return said if len(said) <= LONGEST_NAME else f"{said[:LONGEST_NAME]}…"
