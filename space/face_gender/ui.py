"""Reader -> gr.Blocks; the only serving module that knows Gradio."""

import os
from typing import Any

import gradio as gr

from .draw import draw_result
from .photo import PhotoError
from .reader import PhotoReader, Result

KEPT_SECONDS = 600  # how long an upload may lie on the server's disk
WORDS = (
    "# Perceived gender of faces\n"
    "For each face: how annotators would most likely have labelled it, or “uncertain”. A guess about perception, often wrong, "
    "never a person's identity. For aggregate statistics and audits of data sets; not for decisions about anyone."
)


def build_ui(reader: PhotoReader) -> gr.Blocks:
    """A reader -> the page, and `/predict` for clients."""

    def predict(photo: str) -> dict[str, Any]:
        """A photo -> its faces: box in px, the detector's confidence, a score per class and a label that may be `uncertain`."""
        return _read(reader, photo).to_dict()

    def show(photo: str | None) -> tuple[Any, ...]:
        if photo is None:
            return None, "", None, None
        result = _read(reader, photo)
        return draw_result(result), _sentence(result), _rows(result), _crops(result)

    with gr.Blocks(title="Perceived gender of faces", analytics_enabled=False, delete_cache=(60, KEPT_SECONDS)) as page:
        gr.Markdown(WORDS)
        with gr.Row():
            photo = gr.Image(label="Photo", type="filepath", sources=["upload", "clipboard", "webcam"])
            drawn = gr.Image(label="Faces", interactive=False)
        said = gr.Markdown()
        table = gr.Dataframe(headers=["face", "label", *reader.labels, "confidence"], label="Scores", interactive=False)
        crops = gr.Gallery(label="Crops, as the model sees them", columns=6, height="auto", interactive=False)
        photo.change(show, photo, [drawn, said, table, crops], api_visibility="private")
        answer = gr.JSON(visible=False)
        asked = gr.File(visible=False, label="photo")
        gr.Button(visible=False).click(predict, asked, answer, api_name="predict")
        gr.Markdown(f"Model {reader.model} ({reader.revision}), threshold {reader.threshold:.2f}. Photos are not kept.")
    return page


def launch_ui(reader: PhotoReader) -> None:
    """Serve the page until stopped; Gradio's own GRADIO_SERVER_NAME and GRADIO_SERVER_PORT are obeyed."""
    page = build_ui(reader).queue(default_concurrency_limit=os.cpu_count() or 1, max_size=64)
    page.launch(run_history=False, max_file_size="40mb", footer_links=["api"])


def _read(reader: PhotoReader, photo: str) -> Result:
    try:
        return reader.read(photo)
    except PhotoError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _sentence(result: Result) -> str:
    if not result.faces:
        return "No face found. A larger, sharper or more frontal face would help."
    return f"{len(result.faces)} face{'s' if len(result.faces) > 1 else ''}; a score below {result.threshold:.2f} is uncertain."


def _rows(result: Result) -> list[list[Any]]:
    return [[face["face"], face["label"], *face["scores"].values(), face["confidence"]] for face in result.to_dict()["faces"]]


def _crops(result: Result) -> list[tuple[Any, str]]:
    return [(scored.crop, f"{number}: {scored.label}") for number, scored in enumerate(result.faces, start=1)]
