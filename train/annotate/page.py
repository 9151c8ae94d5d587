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

SIDE, MARGIN = 448, 0.35  # px of the crop shown, and of the face's box around it
KEYS = """() => document.addEventListener('keydown', event => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea')) return
  document.getElementById('key-' + event.key.toLowerCase())?.click()
})"""
WORDS = "Choose what most people would perceive: a guess about a picture, not about a person. Skip where you cannot tell."

Shown = tuple[np.ndarray | None, str, str]  # crop, its picture, the words above it


class Desk:
    """What lies before one annotator: a face, and what to do with it."""

    def __init__(self, answers: Answers, folder: Path, keep: Callable[[], str]) -> None:
        """folder: from which the pictures' paths start; keep: called after every answer, says how far annotators agree."""
        self._answers, self._folder, self._keep, self._finder = answers, folder, keep, FaceFinder()

    def show(self) -> Shown:
        """The next face without an answer; pictures without a face are passed over."""
        while (picture := self._answers.current()) is not None:
            crop = largest_face(self._finder, self._folder / picture)
            if crop is not None:
                return crop, picture, words(self._answers, self._keep())
            self._answers.pass_over(picture)
        return None, "", words(self._answers, self._keep())

    def give(self, picture: str, label: str) -> Shown:
        """Answer the picture shown, and show the next."""
        if picture:
            self._answers.give(picture, label)
        return self.show()

    def undo(self) -> Shown:
        """Take the last answer back, and show its picture."""
        self._answers.undo()
        return self.show()


def build_page(desk: Desk, classes: Sequence[str]) -> gr.Blocks:
    """A desk and the classes to choose from -> the page."""
    with gr.Blocks(title="Perceived gender of faces", analytics_enabled=False) as page:
        said = gr.Markdown()
        face = gr.Image(label="Face", interactive=False, height=SIDE, buttons=[])
        picture = gr.Textbox(visible=False)
        shown: list[Any] = [face, picture, said]
        with gr.Row():
            for name in classes:
                button(name, name[0]).click(
                    partial(desk.give, label=name), picture, shown, api_visibility="private"
                )
            button("Skip", "s").click(
                partial(desk.give, label=SKIPPED), picture, shown, api_visibility="private"
            )
            button("Undo", "u").click(desk.undo, None, shown, api_visibility="private")
        gr.Markdown(WORDS)
        page.load(desk.show, None, shown, api_visibility="private", js=KEYS)
    return page


def launch_page(page: gr.Blocks, port: int) -> None:
    """Serve on this machine only, until Ctrl-C, which is raised; Gradio itself would hide it.

    Raises StageError where the port cannot be had.
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


def words(answers: Answers, agreement: str) -> str:
    """How far the annotator is, and how far annotators agree."""
    done, asked = answers.progress()
    rest = f"**{done} of {asked}**" if done < asked else f"**All {asked} are answered**"
    return f"{rest} · {agreement}" if agreement else rest


def largest_face(finder: FaceFinder, path: Path) -> np.ndarray | None:
    """A picture's path -> the crop of its largest face, with room around it; None where there is no photo or face."""
    try:
        photo = open_photo(path)
    except PhotoError:
        return None
    faces = finder.find_faces(photo)
    return crop_face(photo, faces[0], SIDE, MARGIN) if faces else None
