"""engine: a network in one file is opened, and what reaches beyond it is refused."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from face_gender.onnx_session import Session


def network(path, node="Add", domain="", outside=False):
    """A network of one addition to 4,096 weights."""
    weights = numpy_helper.from_array(np.arange(4096, dtype=np.float32).reshape(1, 4096), "w")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4096]) for name in "xy")
    graph = helper.make_graph(
        [helper.make_node(node, ["x", "w"], ["y"], domain=domain)], "g", [x], [y], [weights]
    )
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 8
    onnx.save(model, path, save_as_external_data=outside, location="weights.bin", size_threshold=0)
    return path


def test_a_network_in_one_file_is_opened(tmp_path):
    assert Session(network(tmp_path / "m.onnx")).run(np.ones((1, 4096), np.float32))[0][0, 7] == 8


def test_weights_in_another_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="could not be opened"):
        Session(network(tmp_path / "m.onnx", outside=True))
    assert (tmp_path / "weights.bin").is_file()


@pytest.mark.parametrize("domain", ["evil.example", "com.microsoft"])
def test_operators_from_elsewhere_are_refused(tmp_path, domain):
    with pytest.raises(ValueError, match="could not be opened"):
        Session(network(tmp_path / "m.onnx", "Steal", domain))
