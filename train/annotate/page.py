"""Pictures and answers -> the page that shows one face at a time."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from face_gender.crops import crop_face
from face_gender.faces import FaceFinder
from face_gender.photo import PhotoError, open_photo
from face_gender.runtime.address import ask_no_proxy, check_port, without_proxy

from ..common.errors import StageError
from .answers import SKIPPED, Answers

with without_proxy():
    import gradio as gr

SIDE, MARGIN = 448, 0.35  # px of the crop shown; its margin, as a share of the box
KEYS = """() => document.addEventListener('keydown', event => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input, textarea')) return
  document.getElementById('key-' + event.key.toLowerCase())?.click()
})"""
ADVICE = (
    "Choose what most people would perceive: a guess about a picture, not about a person. "
    "Skip it if you cannot tell."
)

Shown = tuple[np.ndarray | None, str, str]  # crop, its picture's path, the text above it


class AnnotationSession:
    """One annotator at work: the face shown, and what a click does."""

    def __init__(self, answers: Answers, folder: Path, keep: Callable[[], str]) -> None:
        """folder: start of the pictures' paths; keep: saves labels, says how far people agree."""
        self._answers, self._folder, self._keep, self._finder = answers, folder, keep, FaceFinder()

    def show(self) -> Shown:
        """The next face without an answer; pictures without a face are left out."""
        while (picture := self._answers.current()) is not None:
            crop = largest_face(self._finder, self._folder / picture)
            if crop is not None:
                return crop, picture, progress_text(self._answers, self._keep())
            self._answers.pass_over(picture)
        return None, "", progress_text(self._answers, self._keep())

    def give(self, picture: str, label: str) -> Shown:
        """Answer the picture shown, and show the next."""
        if picture:
            self._answers.give(picture, label)
        return self.show()

    def undo(self) -> Shown:
        """Take the last answer back, and show its picture."""
        self._answers.undo()
        return self.show()


def build_page(session: AnnotationSession, classes: Sequence[str]) -> gr.Blocks:
    """A session and the classes to choose from -> the page."""
    with gr.Blocks(title="Perceived gender of faces", analytics_enabled=False) as page:
        said = gr.Markdown()
        face = gr.Image(label="Face", interactive=False, height=SIDE, buttons=[])
        picture = gr.Textbox(visible=False)
        shown: list[Any] = [face, picture, said]
        with gr.Row():
            for name in classes:
                button(name, name[0]).click(
                    partial(session.give, label=name), picture, shown, api_visibility="private"
                )
            button("Skip", "s").click(
                partial(session.give, label=SKIPPED), picture, shown, api_visibility="private"
            )
            button("Undo", "u").click(session.undo, None, shown, api_visibility="private")
        gr.Markdown(ADVICE)
        page.load(session.show, None, shown, api_visibility="private", js=KEYS)
    return page


def launch_page(page: gr.Blocks, port: int) -> None:
    """Serve on this machine only, until Ctrl-C, which is raised; Gradio would swallow it.

    Raises StageError if the port is taken.
    """
    try:
        check_port(port, "--port")
    except ValueError as error:
        raise StageError(str(error)) from error
    ask_no_proxy()
    page.launch(
        server_name="127.0.0.1", server_port=port, run_history=False, prevent_thread_lock=True
    )
    try:
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def button(name: str, key: str) -> gr.Button:
    """A button that a key presses too."""
    return gr.Button(f"{name} ({key.upper()})", elem_id=f"key-{key.lower()}")


def progress_text(answers: Answers, agreement: str) -> str:
    """How many pictures are answered, and how far annotators agree."""
    done, asked = answers.progress()
    rest = f"**{done} of {asked}**" if done < asked else f"**All {asked} answered**"
    return f"{rest} · {agreement}" if agreement else rest


def largest_face(finder: FaceFinder, path: Path) -> np.ndarray | None:
    """A picture's path -> a wide crop of its largest face; None without a photo or face."""
    try:
        photo = open_photo(path)
    except PhotoError:
        return None
    faces = finder.find_faces(photo)
    return crop_face(photo, faces[0], SIDE, MARGIN) if faces else None
