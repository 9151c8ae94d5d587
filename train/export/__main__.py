"""Model folder -> ONNX: `python -m train.export`."""

from .stage import main

if __name__ == "__main__":
    main()
