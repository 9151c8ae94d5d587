"""What libraries say of themselves -> nothing: a stage's log holds what a person needs to read."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

LIBRARIES = (
    "accelerate|datasets|evaluate|huggingface_hub|onnx|onnxruntime|onnxscript|torch|transformers"
)


def quiet_libraries() -> None:
    """Keep libraries' notes and warnings out of the log, and out of a file their bars too.

    Their errors stay. Bars in a file are thousands of lines; a terminal overwrites them.
    """
    warnings.filterwarnings("ignore", module=f"({LIBRARIES})([.]|$)")
    for name in (None, *LIBRARIES.split("|")):  # ONNX Runtime's quantizer speaks as the root
        logging.getLogger(name).setLevel(logging.ERROR)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # where it is imported later
    if "transformers" in sys.modules:
        from transformers.utils import logging as of_transformers

        of_transformers.set_verbosity_error()
        of_transformers.disable_progress_bar()
    if "datasets" in sys.modules and not sys.stderr.isatty():
        import datasets

        datasets.disable_progress_bars()


@contextmanager
def without_bars() -> Iterator[None]:
    """Inside, the datasets library shows no progress: opening files takes no time."""
    import datasets

    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()
