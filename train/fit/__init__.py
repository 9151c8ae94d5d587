"""Crops -> model folder: `python -m train.fit`."""
