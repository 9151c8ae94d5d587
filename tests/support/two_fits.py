"""Fits of several runs' folders, one after the other, in each of two processes."""

import sys

from train.fit.stage import main

if __name__ == "__main__":
    end = sys.argv.index("--")
    for out in sys.argv[1:end]:
        main([*sys.argv[end + 1 :], "--out", out])
