"""Addresses -> collected pictures: `python -m train.collect`."""
