"""ONNX file -> session with our options; the only serving module that imports onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

NO_NETWORK = (  # what opening or running one may raise; they share no class of their own
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.InvalidProtobuf,
    errors.NoModel,
    errors.NoSuchFile,
    errors.NotImplemented,
)


class Session:
    """One network, ready to run; safe to share between threads."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Open `path` on `threads` cores. Raises ValueError where it is no ONNX network."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # shapes change with every photo: an arena would keep the largest of all
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except NO_NETWORK as error:
            raise ValueError(f"{path.name} could not be opened as an ONNX network: {error}") from error
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """One float32 batch -> every output, in the network's order."""
        return list(self._session.run(None, {self._input: batch}))
