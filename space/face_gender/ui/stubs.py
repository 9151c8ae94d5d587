"""Gradio, imported without the stubs that it writes for editors.

Whenever it is imported, Gradio parses the source of each component and writes a .pyi file beside
it: two fifths of the time. It leaves out a component whose source is in no file.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_stubs() -> Iterator[None]:
    """While Gradio is imported inside, its components have no source file."""
    find = inspect.getfile

    def of_others(known: Any) -> str:
        if isinstance(known, type) and known.__module__.startswith("gradio."):
            raise OSError
        return find(known)

    inspect.getfile = of_others  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = find
