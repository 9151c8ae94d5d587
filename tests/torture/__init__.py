"""What a hostile or unlucky world does to the project, by real processes: `python -m tests.torture`, or `make torture`."""
