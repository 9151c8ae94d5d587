"""What a hostile or unlucky world does to real processes: `make torture`."""
