"""The least that reading a photo can cost: decoding, and multiply-adds at the matrix rate."""

import numpy as np
import onnxruntime
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from onnx import TensorProto, helper
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForImageClassification

from face_gender.faces import shrink
from face_gender.mtcnn.area import AreaSampler
from face_gender.mtcnn.cascade import STRIDE, WINDOW, Cascade, pyramid_scales
from face_gender.onnx_session import Session
from face_gender.photo import open_photo
from face_gender.result import Result
from face_gender.settings import FaceSettings
from tests.bench.stacks import model_folder
from tests.bench.timing import seconds

SIDE = 1024  # of the matrices that are multiplied
REPEATS = 15
LIBRARIES = {
    "fp32": ("MatMul", TensorProto.FLOAT, TensorProto.FLOAT),
    "int8": ("MatMulInteger", TensorProto.UINT8, TensorProto.INT32),
}


def matrix_rate(precision: str, threads: int) -> float:
    """Precision, fp32 or int8 -> the best multiply-adds a second of a large matrix product."""
    kind, takes, gives = LIBRARIES[precision]
    shape = [SIDE, SIDE]
    ends = [helper.make_tensor_value_info(name, takes, shape) for name in "ab"]
    node = helper.make_node(kind, ["a", "b"], ["c"])
    graph = helper.make_graph(
        [node], "product", ends, [helper.make_tensor_value_info("c", gives, shape)]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    values = (
        np.random.default_rng(0)
        .integers(0, 256, (2, SIDE, SIDE))
        .astype(np.float32 if precision == "fp32" else np.uint8)
    )
    feed = dict(zip("ab", values, strict=True))
    return SIDE**3 / min(seconds(lambda: session.run(None, feed)) for _ in range(REPEATS))


class Counted(Cascade):
    """The detector, which notes how many candidates its second and third network look at."""

    def _look(
        self, net: Session, sampler: AreaSampler, windows: np.ndarray, size: int, chunk: int
    ) -> list[np.ndarray]:
        self.seen[size] = len(windows)
        return super()._look(net, sampler, windows, size, chunk)

    def count(self, pixels: np.ndarray, settings: FaceSettings) -> dict[int, int]:
        """Pixels as they are searched -> candidates by the side of their windows, in px."""
        self.seen = {24: 0, 48: 0}
        self.detect(pixels, settings.smallest_on(max(pixels.shape[:2])), settings.border)
        return self.seen


def work_of(network: nn.Module, *shape: int) -> float:
    """A network and the shape it is given -> multiply-adds."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network.eval()(torch.zeros(shape))
    return counter.get_total_flops() / 2


def detector_work(pixels: np.ndarray, settings: FaceSettings) -> float:
    """Pixels as they are searched -> multiply-adds of MTCNN's networks over their candidates."""
    sampler, pad = AreaSampler(pixels), STRIDE * round(settings.border * WINDOW / STRIDE)
    scales = pyramid_scales(
        min(sampler.shape), settings.smallest_on(max(pixels.shape[:2])), settings.border
    )
    pyramid = sum(work_of(PNet(), 1, 3, *sampler.level_shape(scale, pad)) for scale in scales)
    seen = Counted().count(pixels, settings)
    return (
        pyramid
        + seen[24] * work_of(RNet(), 1, 3, 24, 24)
        + seen[48] * work_of(ONet(), 1, 3, 48, 48)
    )


class Floor:
    """The rates of this machine, and what the networks cost at those of `threads`."""

    def __init__(self, crop_side: int, threads: int) -> None:
        """Measure both rates."""
        model = AutoModelForImageClassification.from_pretrained(model_folder(), dtype=torch.float32)
        self._model_work = work_of(model, 1, 3, crop_side, crop_side)
        self.rates = {precision: matrix_rate(precision, threads) for precision in LIBRARIES}

    def seconds(self, content: bytes, result: Result) -> float:
        """A photo's bytes and result -> seconds; decodes once, at the size the crops came from."""
        settings = FaceSettings()
        decoded = max(result.photo.pixels.shape[:2])
        decoding = min(seconds(lambda: open_photo(content, side=decoded)) for _ in range(REPEATS))
        searched = shrink(
            open_photo(content, side=settings.detect_side).pixels, settings.detect_side
        )
        found = detector_work(searched, settings) / self.rates["fp32"]
        return decoding + found + len(result.faces) * self._model_work / self.rates["int8"]
