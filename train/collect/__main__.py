"""Addresses -> collected pictures: `python -m train.collect`."""

from .stage import main

if __name__ == "__main__":
    main()
