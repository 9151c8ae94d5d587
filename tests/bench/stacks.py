"""Three ways from a photo's bytes to scores, a process each: plain, ours on torch, and ours."""

import io
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from facenet_pytorch import MTCNN
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor, pipeline

from face_gender.faces import FaceFinder
from face_gender.model_folder import open_model
from face_gender.reader import PhotoReader, open_reader
from face_gender.runtime.malloc import give_back_memory
from face_gender.scores import TorchScorer
from tests.bench.timing import seconds


class PlainStack:
    """What everyone writes: facenet-pytorch's MTCNN, boxes cut out, a pipeline with ViT-B/16."""

    def __init__(self) -> None:
        """Random weights, which take as long as any."""
        torch.manual_seed(0)
        with TemporaryDirectory() as folder:
            ViTForImageClassification(ViTConfig(num_labels=2)).save_pretrained(folder)
            ViTImageProcessor().save_pretrained(folder)
            self._classify = pipeline("image-classification", model=folder, device="cpu")
        self.detector = MTCNN(keep_all=True)

    def read(self, content: bytes) -> list[Any]:
        """A photo -> labels with scores, a list a face."""
        return self.read_picture(Image.open(io.BytesIO(content)).convert("RGB"))

    def read_picture(self, photo: Image.Image) -> list[Any]:
        """A decoded photo or frame -> labels with scores, a list a face."""
        boxes, _ = self.detector.detect(photo)
        crops = [photo.crop(tuple(box)) for box in ([] if boxes is None else boxes.tolist())]
        return self._classify(crops) if crops else []


def torch_reader() -> PhotoReader:
    """Ours, on the bundled model's weights instead of its ONNX file; memory as in the app."""
    give_back_memory()
    return PhotoReader(FaceFinder(), TorchScorer(open_model()))


def served_reader() -> PhotoReader:
    """Ours, as the app has it."""
    give_back_memory()
    return open_reader()


class Apart:
    """A stack in a process of its own, whose threads and memory disturb no other's."""

    def __init__(self, opening: Callable[[], Any]) -> None:
        """opening: what opens the stack there, a function or class of a module."""
        self._process = ProcessPoolExecutor(1, get_context("spawn"), _open, (opening,))

    def seconds(self, content: bytes) -> list[float]:
        """A photo's bytes -> how long reading it takes, the first time and the next."""
        return self._process.submit(_read_twice, content).result()

    def found(self, content: bytes) -> int:
        """A photo's bytes -> how many faces it finds."""
        return self._process.submit(_count_faces, content).result()


_stack: Any


def _open(opening: Callable[[], Any]) -> None:
    global _stack
    _stack = opening()


def _read_twice(content: bytes) -> list[float]:
    return [seconds(lambda: _stack.read(content)) for _ in range(2)]


def _count_faces(content: bytes) -> int:
    return len(_stack.read(content))


def model_folder() -> Path:
    """The bundled model's."""
    return open_model().folder
