"""Unlabelled pictures -> labelled ones, in a browser: `python -m train.annotate`."""

from .stage import main

if __name__ == "__main__":
    main()
