"""Three ways from a photo's bytes to scores: the plain stack, our own by torch, and ours as it serves."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from facenet_pytorch import MTCNN
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor, pipeline

from space.face_gender.faces import FaceFinder
from space.face_gender.model import open_model
from space.face_gender.reader import PhotoReader
from space.face_gender.scores import TorchScorer


class PlainStack:
    """What everyone writes: facenet-pytorch's MTCNN as it comes, boxes cut out, a pipeline with ViT-B/16 in float32."""

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
        photo = Image.open(io.BytesIO(content)).convert("RGB")
        boxes, _ = self.detector.detect(photo)
        crops = [photo.crop(tuple(box)) for box in ([] if boxes is None else boxes.tolist())]
        return self._classify(crops) if crops else []


def torch_reader() -> PhotoReader:
    """Ours, with the bundled model's own weights in place of its ONNX file."""
    return PhotoReader(FaceFinder(), TorchScorer(open_model()))


def model_folder() -> Path:
    """The bundled model's."""
    return open_model().folder
