"""ONNX file -> session with our options; the only serving module that imports onnxruntime."""

import os
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
    errors.RuntimeException,
)
SPINNING = "session.intra_op.allow_spinning"
WEIGHTS_BESIDE = "session.model_external_initializers_file_folder_path"


class Session:
    """One network, ready to run; safe to share between threads."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Open `path`; `threads`, the caller's one of them, share a run's layers.

        Raises ValueError if it is no network. Pickled, it is its path, and opens again at the other
        end.
        """
        self._path, self._threads = path.absolute(), threads
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry(SPINNING, "0")  # who waits leaves the core to others
        options.enable_cpu_mem_arena = (
            False  # shapes change with every photo: an arena would keep the largest of all
        )
        options.enable_mem_pattern = False
        options.add_session_config_entry(
            WEIGHTS_BESIDE, os.devnull
        )  # a file could name any other as its weights
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except (OSError, *NO_NETWORK) as error:
            raise ValueError(
                f"{path.name} could not be opened as an ONNX network: {error}"
            ) from error
        self._input = self._session.get_inputs()[0].name

    def __reduce__(self) -> tuple[type["Session"], tuple[Path, int]]:
        return Session, (self._path, self._threads)

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """One float32 batch -> every output, in the network's order. Raises MemoryError."""
        try:
            return list(self._session.run(None, {self._input: batch}))
        except NO_NETWORK as error:
            if "alloc" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise
