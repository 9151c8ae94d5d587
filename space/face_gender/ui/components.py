"""Gradio's components as this page needs them: uploads as they were sent, HTML with scripts."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import processing_utils
from gradio.data_classes import ListFiles

from . import strings

SCRIPTS = Path(__file__).with_name("scripts")


def script(*names: str) -> str:
    """Names of scripts -> one, in which each sees those before it."""
    return "".join((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in names)


SORT = script("sort")
PICK, REVIEW, SHARE, COLUMN, THRESHOLD = (
    script("tell", name) for name in ("pick", "review", "share", "column", "threshold")
)


def photo_box(**options: Any) -> gr.Image:
    """A photo -> the file's path, whatever it holds: our own sentence refuses it."""
    return _as_sent(gr.Image(**options))


def file_box(**options: Any) -> gr.File:
    """Files -> their paths; Gradio's own way leaves an empty file on the disk for each."""
    return _as_sent(gr.File(**options))


def _as_sent(box: Any) -> Any:
    """Never update such a box (gr.update, gr.skip): Gradio would replace it by a plain one."""
    box.preprocess = (
        _to_paths  # of this one box; a class of our own would write a .pyi file beside this one
    )
    return box


def _to_paths(sent: Any) -> str | list[str] | None:
    """What the browser sent, already in the cache -> its path, or a list of them."""
    if sent is None:
        return None
    return [file.path for file in sent] if isinstance(sent, ListFiles) else sent.path


def frame_of(address: object) -> bytes:
    """A camera's frame, as a data: address -> its bytes; none, which is no photo, if it is none."""
    head, _, content = str(address).partition(",")
    try:
        return b64decode(content, validate=True) if head.startswith("data:image/") else b""
    except ValueError:
        return b""


def html_box(
    value: str = "",
    script: str | None = None,
    visible: bool = True,
    name: str | None = None,
) -> gr.HTML:
    """HTML, with a script that listens to it, and a class of this name for the style sheet.

    On a tab that takes files, the one called `answer` shows how far the work is, and no other.
    """
    return gr.HTML(
        value,
        js_on_load=script,
        visible=visible,
        apply_default_css=False,
        elem_classes=name,
    )


def take_no_address() -> None:
    """Stop Gradio from fetching any address that a visitor names, in whatever box or request.

    Its one way out is closed: settings of a box are lost when Gradio makes it anew for a visitor.
    """
    processing_utils.async_ssrf_protected_download = _refuse_address
    processing_utils.async_ssrf_protected_get = _refuse_address


async def _refuse_address(*_: Any, **__: Any) -> None:
    raise gr.Error(strings.SEND_THE_FILE, print_exception=False)
