"""Clean data -> crops: `python -m train.crops`."""
