"""dlib's serialised face ResNet -> a state dict for train.models.face_resnet.

dlib writes an integer as its length in bytes (plus 128 if it is negative) and the bytes. It writes
text as its length and bytes, and a tensor as a version, four sizes and its float32s
(dlib/serialize.h and dlib/cuda/tensor.h of https://github.com/davisking/dlib). A layer's tensor
follows its name. Layers come in order from the picture to the end, so we read nothing else.
"""

import re

import numpy as np
import torch

LAYER = re.compile(
    rb"\x01\x05con_4|\x01\x07affine_"
)  # names of the layers to read, each after its length
VERSION = 2  # of dlib's tensor format


def read_layers(content: bytes) -> list[np.ndarray]:
    """A .dat file's bytes -> (n,) weights of each convolution and affine. Raises ValueError."""
    found, at = [], 0
    while match := LAYER.search(content, at):
        weights, at = read_tensor(content, match.end())
        found.append(weights)
    return found


def read_tensor(content: bytes, at: int) -> tuple[np.ndarray, int]:
    """Bytes, the start of a tensor -> its numbers, flat, and where it ends. Raises ValueError."""
    sizes = []
    for _ in range(5):
        number, at = read_whole(content, at)
        sizes.append(number)
    count = int(np.prod(sizes[1:]))
    if sizes[0] != VERSION or at + 4 * count > len(content):
        raise ValueError(
            f"The file should hold a dlib tensor of version {VERSION} at byte {at}, "
            f"got sizes {sizes}."
        )
    return np.frombuffer(content, "<f4", count, at), at + 4 * count


def read_whole(content: bytes, at: int) -> tuple[int, int]:
    """Bytes, the start of an integer -> the integer, and where it ends."""
    length, negative = content[at] & 15, content[at] & 128
    number = int.from_bytes(content[at + 1 : at + 1 + length], "little")
    return -number if negative else number, at + 1 + length


def face_resnet_weights(content: bytes, shapes: dict[str, torch.Size]) -> dict[str, torch.Tensor]:
    """A .dat file's bytes, shapes by name in the network's order -> all weights but the head's.

    Raises ValueError if the file's layers are not the network's.
    """
    layers = read_layers(content)
    inner = {name: shape for name, shape in shapes.items() if not name.startswith("classifier")}
    if sum(len(layer) for layer in layers) != sum(shape.numel() for shape in inner.values()):
        raise ValueError(
            f"The file has {sum(map(len, layers))} weights, and not those of dlib's face ResNet."
        )
    numbers, state = torch.from_numpy(np.concatenate(layers)), {}
    for name, shape in inner.items():
        state[name], numbers = numbers[: shape.numel()].reshape(shape), numbers[shape.numel() :]
    return state
