"""Reader -> the page and its API; the only serving modules that know Gradio."""

from .page import build_ui, launch_ui

__all__ = ["build_ui", "launch_ui"]
