"""The installed facenet-pytorch's weights -> MTCNN's three networks as ONNX."""

import shutil
from importlib import metadata
from pathlib import Path

import torch

from .mtcnn_blocks import BlockedPNet, to_blocks
from .to_onnx import ANY, write_onnx


def write_mtcnn(folder: Path) -> None:
    """facenet-pytorch's weights -> pnet.onnx, rnet.onnx, onet.onnx and their MIT notice."""
    from facenet_pytorch.models.mtcnn import ONet, PNet, RNet  # only for this command

    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(
        BlockedPNet(PNet()), torch.zeros(1, 3, 48, 64), {2: ANY, 3: ANY}, folder / "pnet.onnx"
    )
    write_onnx(to_blocks(RNet()), torch.zeros(4, 3, 24, 24), {0: ANY}, folder / "rnet.onnx")
    write_onnx(to_blocks(ONet()), torch.zeros(4, 3, 48, 48), {0: ANY}, folder / "onet.onnx")
    notice = next(
        file for file in metadata.files("facenet-pytorch") or [] if file.name.startswith("LICENSE")
    )
    shutil.copyfile(str(notice.locate()), folder / "LICENSE.md")
