"""Crops -> the methods of older projects, measured: `python -m train.baselines`."""

from .stage import main

if __name__ == "__main__":
    main()
