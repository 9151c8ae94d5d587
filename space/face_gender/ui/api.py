"""Reader -> endpoints for gradio_client, curl, JavaScript and MCP, as result.schema.json says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ..photo import PhotoError
from ..reader import PhotoReader
from ..report.tables import to_record
from ..result import Result, reason_of
from .batch import BatchReader, read_upload
from .components import file_box
from .videos import AT_ONCE, VisitorVideos


class Endpoints:
    """What clients may call; their docstrings are what the API page and the tools say."""

    def __init__(self, reader: PhotoReader, batches: BatchReader, videos: VisitorVideos) -> None:
        """Answer by these readers, of one photo, of many and of videos."""
        self._reader, self._batches, self._videos = reader, batches, videos

    def predict(self, photo: str) -> dict[str, Any]:
        """Guess the perceived gender of each face in a photo, as annotators would label it.

        Never a person's identity.

        For each face: its box in px, the detector's confidence, a score per class and a label.

        Args:
            photo: The photo as a file (JPEG, PNG, WebP, HEIC, ...); tools may send a data: address.

        Returns:
            width, height, faces, threshold, model, revision.
            A label below the threshold is "uncertain".

        """
        return _read(self._reader, photo).to_dict()

    def predict_batch(self, photos: list[str]) -> list[dict[str, Any]]:
        """Guess the perceived gender of each face in many photos, as annotators would label it.

        Never a person's identity.

        For each photo: its name, its status, and what /predict gives where it could be read.

        Args:
            photos: The photos as files; a zip of photos counts as its photos.

        Returns:
            One entry a photo, in order, with status "ok", "no_face" or "error: ...".
            An error does not stop the rest.

        """
        return [
            to_record(name, outcome)
            for name, outcome in self._batches.read([Path(photo) for photo in photos or []])
        ]

    def predict_video(
        self, video: str, start: float = 0.0, end: float | None = None
    ) -> dict[str, Any]:
        """Guess how long faces of each perceived gender are on screen in a video.

        As annotators would label them; never a person's identity.

        Args:
            video: The video as a file (MP4, MOV, MKV, WebM, AVI); its sound is ignored.
            start: Where to start, in seconds.
            end: Where to end, in seconds; the video's end if not given.

        Returns:
            width, height, duration, summary (seconds and shares by label, with intervals), tracks
            (a face through a shot), faces (a face in a frame), notes, threshold, model, revision.

        """
        if video is None:
            raise gr.Error("Send a video.", print_exception=False)
        try:
            reading = self._videos.open(Path(video), start or 0.0, end)
            for _ in self._videos.read(reading, Path(video)):
                pass
            return reading.result().to_dict()
        except PhotoError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def explain(self, photo: str, face: int = 1) -> dict[str, Any]:
        """Show what a guess at a face's perceived gender depends on.

        Parts of the face are hidden in turn; drops say how far its score falls.

        Args:
            photo: The photo as a file; a tool may send a data: address.
            face: Which face, from 1, the largest first.

        Returns:
            The face as /predict gives it, the reason for its label, and drops, row by row.

        """
        result = _read(self._reader, photo)
        if not 1 <= (face or 0) <= len(result.faces):
            raise gr.Error(
                f"There is no face {face}: {len(result.faces)} were found.", print_exception=False
            )
        scored = result.faces[face - 1]
        drops = self._reader.explain(scored).round(4).tolist()
        return {
            **result.to_dict()["faces"][face - 1],
            "reason": reason_of(scored, result.threshold),
            "drops": drops,
        }


def add_api(reader: PhotoReader, batches: BatchReader, videos: VisitorVideos) -> None:
    """Add `/predict` and its like to the page; they show nothing."""
    endpoints = Endpoints(reader, batches, videos)
    _add(endpoints.predict, [_photo()], "result")
    _add(
        endpoints.predict_batch,
        [file_box(visible=False, label="photos", file_count="multiple")],
        "results",
    )
    _add(
        endpoints.explain,
        [_photo(), gr.Number(1, visible=False, label="face", precision=0)],
        "explanation",
    )
    _add(
        endpoints.predict_video,
        [
            file_box(visible=False, label="video"),
            gr.Number(0, visible=False, label="start"),
            gr.Number(None, visible=False, label="end"),
        ],
        "video_result",
        concurrency_limit=AT_ONCE,
        concurrency_id="video",
    )


def _add(function: Callable[..., Any], inputs: list[Any], answer: str, **options: Any) -> None:
    box = gr.JSON(visible=False, label=answer)
    gr.Button(visible=False).click(function, inputs, box, api_name=function.__name__, **options)


def _photo() -> gr.File:
    return file_box(visible=False, label="photo")


def _read(reader: PhotoReader, photo: str | None) -> Result:
    if photo is None:
        raise gr.Error("Send a photo.", print_exception=False)
    try:
        return read_upload(reader, photo)
    except PhotoError as error:
        raise gr.Error(str(error), print_exception=False) from error
