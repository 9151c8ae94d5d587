"""Unlabelled pictures -> labelled ones, in a browser: `python -m train.annotate`."""
