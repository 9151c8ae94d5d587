"""A network and its image processor -> a model folder."""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike
from transformers import PreTrainedModel

from ..common.files import make_readable, replace_folder
from .param_groups import head_of


def write_model(
    model: PreTrainedModel,
    processor: Any,
    ours: dict[str, float],
    folder: Path,
    bias: ArrayLike = 0.0,
) -> None:
    """Network and settings -> folder with config, safetensors (fp16) and image processor.

    Bias and temperature are folded into the classifier. The new folder replaces
    the old one whole, and so removes the files that later stages added about the old model.
    """
    head = head_of(model, model.config.num_labels)
    with torch.no_grad():
        head.bias.add_(torch.as_tensor(bias, dtype=head.bias.dtype, device=head.bias.device))
        for weight in (head.weight, head.bias):
            weight /= ours["temperature"]
    model.config.face_gender = ours
    beside = folder.with_name(folder.name + ".part")
    model.half().save_pretrained(beside)
    processor.save_pretrained(beside)
    make_readable(beside)
    replace_folder(beside, folder)
