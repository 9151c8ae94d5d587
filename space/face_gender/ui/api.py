"""Reader -> endpoints for gradio_client, curl, JavaScript and MCP, as result.schema.json says."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import gradio as gr
import gradio.routes

from ..photo import PhotoError
from ..reader import PhotoReader
from ..report.tables import Row, mark, provenance_of, to_csv, to_record, to_rows
from ..report.video import VIDEO_COLUMNS, video_rows
from ..result import Outcome, Result, reason_of, relabel
from . import strings
from .batch import BatchReader, read_upload
from .components import file_box
from .sent import in_a_sentence, sent_choice, sent_file, sent_files, sent_number
from .snippets import example_of, of_endpoint
from .videos import AT_ONCE, VisitorVideos

JSON, CSV = FORMATS = ("json", "csv")
ENDPOINTS = ("predict", "predict_batch", "explain", "predict_video")  # methods of Endpoints


class ApiPage(gr.Blocks):
    """A page whose endpoints take a request's values as they are, and None for those left out.

    Gradio would fetch, move and keep what they name, and fail without a word where it cannot.
    """

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], *rest: Any, **options: Any
    ) -> list[Any]:
        """A request's values -> what the function gets."""
        if block_fn.api_visibility != "public":
            return await super().preprocess_data(block_fn, inputs, *rest, **options)
        wanted = len(block_fn.inputs)
        return [*inputs, *[None] * wanted][:wanted]


class Endpoints:
    """What clients may call; their docstrings are what the API page and the tools say."""

    def __init__(self, reader: PhotoReader, batches: BatchReader, videos: VisitorVideos) -> None:
        """Answer by these readers, of one photo, of many and of videos."""
        self._reader, self._batches, self._videos = reader, batches, videos

    @in_a_sentence
    def predict(
        self, photo: str, threshold: float | None = None, format: str = JSON
    ) -> dict[str, Any] | str:
        """Guess the perceived gender of each face in a photo, as annotators would label it.

        Never a person's identity.

        For each face: its box in px, the detector's confidence, a score per class and a label.

        Args:
            photo: The photo (JPEG, PNG, WebP, HEIC, ...): base64, a data: address, or an upload.
            threshold: Least score that is a decision, 0 to 1; the model's own if not given.
            format: json, or csv for a row a face, as text.

        Returns:
            width, height, faces, threshold, model, revision.
            A label below the threshold is "uncertain".

        """
        path, csv = sent_file(photo, "photo"), sent_choice(format, "format", FORMATS) == CSV
        result = self._read(path, threshold)
        if not csv:
            return result.to_dict()
        return self._csv(to_rows(path.name, result), result.threshold)

    @in_a_sentence
    def predict_batch(
        self, photos: list[str], threshold: float | None = None, format: str = JSON
    ) -> list[dict[str, Any]] | str:
        """Guess the perceived gender of each face in many photos, as annotators would label it.

        Never a person's identity.

        For each photo: its name, its status, and what /predict gives where it could be read.

        Args:
            photos: The photos, each as /predict takes it; a zip of photos counts as its photos.
            threshold: Least score that is a decision, 0 to 1; the model's own if not given.
            format: json, or csv for a row a face, as text.

        Returns:
            One entry a photo, in order, with status "ok", "no_face" or "error: ...".
            An error does not stop the rest.

        """
        paths, csv = sent_files(photos, "photo"), sent_choice(format, "format", FORMATS) == CSV
        least = self._threshold(threshold)
        found = ((name, _relabelled(outcome, least)) for name, outcome in self._batches.read(paths))
        if csv:
            return self._csv((row for each in found for row in to_rows(*each)), least)
        return list(mark((to_record(*each) for each in found), self._made(least)))

    @in_a_sentence
    def explain(self, photo: str, face: int = 1, threshold: float | None = None) -> dict[str, Any]:
        """Show what a guess at a face's perceived gender depends on.

        Parts of the face are hidden in turn; drops say how far its score falls.

        Args:
            photo: The photo, as /predict takes it.
            face: Which face, from 1, the largest first.
            threshold: Least score that is a decision, 0 to 1; the model's own if not given.

        Returns:
            The face as /predict gives it, the reason for its label, and drops, row by row.

        """
        path, which = sent_file(photo, "photo"), sent_number(face, "face", 1, low=1)
        result = self._read(path, threshold)
        if which not in range(1, len(result.faces) + 1):
            raise PhotoError(
                strings.NO_SUCH_FACE.format(face=f"{which:g}", found=len(result.faces))
            )
        scored = result.faces[int(which) - 1]
        return {
            **result.to_dict()["faces"][int(which) - 1],
            "reason": reason_of(scored, result.threshold),
            "drops": self._reader.explain(scored).round(4).tolist(),
        }

    @in_a_sentence
    def predict_video(
        self,
        video: str,
        start: float = 0.0,
        end: float | None = None,
        threshold: float | None = None,
        format: str = JSON,
    ) -> dict[str, Any] | str:
        """Guess how long faces of each perceived gender are on screen in a video.

        As annotators would label them; never a person's identity.

        Args:
            video: The video (MP4, MOV, MKV, WebM, AVI): base64, a data: address, or an upload.
            start: Where to start, in seconds.
            end: Where to end, in seconds; the video's end if not given.
            threshold: Least score that is a decision, 0 to 1; the model's own if not given.
            format: json, or csv for a row a face and frame, as text.

        Returns:
            width, height, duration, summary (seconds and shares by label, with intervals), tracks
            (a face through a shot), faces (a face in a frame), notes, threshold, model, revision.

        """
        path, csv = sent_file(video, "video"), sent_choice(format, "format", FORMATS) == CSV
        first, last = sent_number(start, "start", 0.0), sent_number(end, "end", None)
        least = self._threshold(threshold)
        reading = self._videos.open(path, first, last)
        for _ in self._videos.read(reading, path):
            pass
        result = replace(reading.result(), threshold=least)
        if not csv:
            return result.to_dict()
        return self._csv(video_rows(path.name, result), least, VIDEO_COLUMNS)

    def _read(self, path: Path, threshold: Any) -> Result:
        least = self._threshold(threshold)
        return relabel(read_upload(self._reader, str(path)), least)

    def _threshold(self, sent: Any) -> float:
        return float(sent_number(sent, "threshold", self._reader.threshold, high=1))

    def _made(self, threshold: float) -> Row:
        return provenance_of(threshold, self._reader.model, self._reader.revision)

    def _csv(self, rows: Iterable[Row], threshold: float, more: Sequence[str] = ()) -> str:
        """Rows -> CSV, as Gradio's box for JSON takes text: a string is one that holds JSON."""
        return json.dumps(to_csv(mark(rows, self._made(threshold)), self._reader.labels, more))


def add_api(reader: PhotoReader, batches: BatchReader, videos: VisitorVideos) -> None:
    """Add `/predict` and its like to the page; they show nothing."""
    gradio.routes.generate_code_snippets = of_endpoint
    endpoints = Endpoints(reader, batches, videos)
    _add(endpoints.predict, [_file("photo"), _threshold(), _format()], "result")
    _add(
        endpoints.predict_batch,
        [_file("photos", file_count="multiple"), _threshold(), _format()],
        "results",
    )
    face = gr.Number(1, visible=False, label="face", precision=0)
    _add(endpoints.explain, [_file("photo"), face, _threshold()], "explanation")
    _add(
        endpoints.predict_video,
        [
            _file("video"),
            gr.Number(0, visible=False, label="start"),
            gr.Number(None, visible=False, label="end"),
            _threshold(),
            _format(),
        ],
        "video_result",
        concurrency_limit=AT_ONCE,
        concurrency_id="video",
    )


def _add(function: Callable[..., Any], inputs: list[Any], answer: str, **options: Any) -> None:
    box = gr.JSON(visible=False, label=answer)
    gr.Button(visible=False).click(function, inputs, box, api_name=function.__name__, **options)


def _file(label: str, **options: Any) -> gr.File:
    """A box for files, whose example on the API's page is one that can be sent."""
    box: Any = file_box(visible=False, label=label, **options)
    example = {"path": example_of(label), "meta": {"_type": "gradio.FileData"}}
    box.example_payload = lambda: [example] if "file_count" in options else example
    return cast(gr.File, box)


def _threshold() -> gr.Number:
    return gr.Number(None, visible=False, label="threshold", minimum=0, maximum=1)


def _format() -> gr.Radio:
    return gr.Radio(list(FORMATS), value=JSON, visible=False, label="format")


def _relabelled(outcome: Outcome, threshold: float) -> Outcome:
    return relabel(outcome, threshold) if isinstance(outcome, Result) else outcome
