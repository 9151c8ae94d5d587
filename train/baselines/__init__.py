"""Crops -> the methods of older projects, measured: `python -m train.baselines`."""
