"""Networks: what a run starts from, and how one is saved."""
