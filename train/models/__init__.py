"""Networks: where a run starts, and how to save one."""
