"""Model folder + held-out photos -> metrics.json: `python -m train.evaluate`."""

from .stage import main

if __name__ == "__main__":
    main()
