"""Model folder -> ONNX: `python -m train.export`."""
