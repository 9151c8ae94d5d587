"""Model folder + held-out photos -> metrics.json: `python -m train.evaluate`."""
