"""Uploads as they were sent: paths for open_photo to decode, where Gradio's own boxes would decode, or leave files behind."""

from typing import Any

import gradio as gr

class PhotoBox(gr.Image):
    """Drop, paste or camera -> the file's path, whatever it holds: what is no photo is told in our words."""

    is_template = True  # drawn as its parent is

    def preprocess(self, payload: Any) -> str | None:
        """What the browser sent -> its path in the cache."""
        return payload.path if payload else None
    from collections.abc import Callable, Sequence
    from typing import TYPE_CHECKING, Any, Literal

    from gradio.blocks import Block

    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class FileBox(gr.File):
    """Files -> their paths; the parent leaves an empty file on the disk for each."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        """What was sent -> its path in the cache, or a list of them."""
        if payload is None:
            return None
        sent = list(payload) if self.file_count != "single" else [payload]
        paths = [file.path for file in sent]
        return paths if self.file_count != "single" else paths[0]
    from collections.abc import Callable, Sequence
    from typing import TYPE_CHECKING, Any, Literal

    from gradio.blocks import Block

    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component
