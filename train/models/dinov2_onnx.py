"""A ViT-S/14 in ONNX format -> its weights, under the names in transformers' Dinov2.

The exporter folded linear layers into `MatMul`, which transposed their weights and dropped their
names; it kept other names. There are two position embeddings: one of the class token, and one of
the 37 x 37 patches of a 518 px picture.
"""

import numpy as np
import onnx
from onnx import numpy_helper

SCOPE = "backbone"  # name of the encoder in the package's model
WIDTH, PATCHES = 384, 37 * 37
TOKEN, POSITIONS = "embeddings.cls_token", "embeddings.position_embeddings"


def dinov2_weights(content: bytes) -> dict[str, np.ndarray]:
    """An ONNX file's bytes -> float32 weights by name. Raises ValueError on another network."""
    graph = onnx.load_from_string(content).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = named(stored) | multiplied(graph, stored)
    positions = [value for value in stored.values() if value.shape == (1, PATCHES, WIDTH)]
    if TOKEN not in found or not positions:
        raise ValueError(
            f"The ONNX file should hold a ViT-S/14 of {PATCHES} patches under the name {SCOPE!r}, "
            "and has none."
        )
    found[POSITIONS] = np.concatenate([token_position(stored, found[TOKEN]), positions[0]], axis=1)
    return {name: np.array(value, np.float32, order="C") for name, value in found.items()}


def named(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All constants -> those that kept their names."""
    start = f"{SCOPE}."
    return {
        name.removeprefix(start): value for name, value in stored.items() if name.startswith(start)
    }


def multiplied(graph: onnx.GraphProto, stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Nodes such as `/backbone/encoder/layer.0/mlp/fc1/MatMul` -> weights by name, untransposed."""
    nodes = [
        node
        for node in graph.node
        if node.op_type == "MatMul" and node.name.startswith(f"/{SCOPE}/")
    ]
    return {
        ".".join(node.name.split("/")[2:-1]) + ".weight": stored[node.input[1]].T
        for node in nodes
        if node.input[1] in stored
    }


def token_position(stored: dict[str, np.ndarray], token: np.ndarray) -> np.ndarray:
    """All constants, the class token -> its position: the other (1, 1, WIDTH) constant."""
    alike = [value for value in stored.values() if value.shape == token.shape]
    return next(value for value in alike if not np.array_equal(value, token))
