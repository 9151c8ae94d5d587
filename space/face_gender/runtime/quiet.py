"""Libraries that report their use -> libraries that do not; imported before any of them.

Each reads its variable once, when it is imported. SECURITY.md says what was looked at.
"""

import os

QUIET = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime: a device id in HOME, and events sent to its maker
    "GRADIO_ANALYTICS_ENABLED": "False",  # gradio and gradio_client: events, version checks
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, and transformers and gradio through it
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets and evaluate: a request for each set or metric
    "DISABLE_SAFETENSORS_CONVERSION": "1",  # transformers: asks a server to convert pickled weights
    "RAY_USAGE_STATS_ENABLED": "0",  # ray
}


def keep_quiet() -> None:
    """Set each variable that the environment does not set itself."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
