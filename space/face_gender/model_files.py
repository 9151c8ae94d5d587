"""The files of a model folder, by name."""

ONNX_NAMES = ("model.onnx", "onnx/model.onnx")  # ours, and where the Hub's exporters put it
CONFIG, PROCESSOR, METRICS = "config.json", "preprocessor_config.json", "metrics.json"
WEIGHTS = "*.safetensors*"  # never a pickle
