"""A checkpoint's image processor -> how its network reads pixels, and ours that does the same."""

from typing import Any

from transformers import AutoImageProcessor, ViTImageProcessorPil

from ..settings import CropSettings
from .vit import new_processor

NORMAL = ("do_normalize", "image_mean", "image_std", "do_rescale", "rescale_factor")


def read_processor(checkpoint: str) -> dict[str, Any]:
    """A checkpoint's folder or Hub name -> its image processor's settings, under usual names.

    timm's networks keep theirs as `data_config`.
    """
    found: dict[str, Any] = AutoImageProcessor.from_pretrained(checkpoint).to_dict()
    if timm := found.get("data_config"):
        side = timm["input_size"][-1]
        found |= {"image_mean": list(timm["mean"]), "image_std": list(timm["std"])}
        found |= {"size": {"height": side, "width": side}, "do_normalize": True}
    return found


def processor_like(theirs: dict[str, Any], crop: CropSettings) -> ViTImageProcessorPil:
    """A checkpoint's settings -> an image processor with its normalisation that crops nothing."""
    ours = new_processor(crop).to_dict()
    kept = {name: theirs[name] for name in NORMAL if theirs.get(name) is not None}
    kept["do_normalize"] = is_normalized(theirs)
    return ViTImageProcessorPil(size=ours["size"], resample=ours["resample"], **kept)


def is_normalized(processor: dict[str, Any]) -> bool:
    """An image processor's settings -> whether it subtracts a mean."""
    return bool(processor.get("do_normalize") and processor.get("image_mean") is not None)


def wants_bgr(processor: dict[str, Any]) -> bool:
    """An image processor's settings -> whether it gives the network blue first, as MobileViT's."""
    return bool(processor.get("do_flip_channel_order"))


def side_of(processor: dict[str, Any]) -> int:
    """An image processor's settings -> side of the picture that the network sees, in px."""
    size = processor["crop_size"] if processor.get("do_center_crop") else processor["size"]
    side: int = size.get("height") or size["shortest_edge"]
    return side


def scaling_of(processor: dict[str, Any]) -> tuple[list[float], list[float]]:
    """An image processor's settings -> mean and deviation that 0..1 is scaled by, a colour each."""
    unit = (
        255 * processor.get("rescale_factor", 1 / 255) if processor.get("do_rescale", True) else 255
    )
    mean, deviation = [0.0] * 3, [1.0] * 3
    if is_normalized(processor):
        mean, deviation = processor["image_mean"], processor["image_std"]
    return [each / unit for each in mean], [each / unit for each in deviation]
