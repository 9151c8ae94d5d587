"""Reader -> the page and its API; the only serving modules that know Gradio."""

from ..runtime.address import without_proxy
from .stubs import without_stubs

with without_proxy(), without_stubs():
    import gradio  # noqa: F401  its own client asks the environment for a proxy on the way

from .page import build_ui, launch_ui  # noqa: E402

__all__ = ["build_ui", "launch_ui"]
