"""Crops -> model folder: `python -m train.fit`."""

from .stage import main

if __name__ == "__main__":
    main()
