"""Clean data -> crops: `python -m train.crops`."""

from .stage import main

if __name__ == "__main__":
    main()
